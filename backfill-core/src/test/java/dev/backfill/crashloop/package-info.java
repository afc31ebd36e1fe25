/**
 * Runs the library in a process of its own, strikes at random, and looks what is left of the data.
 */
package dev.backfill.crashloop;
