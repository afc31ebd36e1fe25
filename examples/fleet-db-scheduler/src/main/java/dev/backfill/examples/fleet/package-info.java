/** Nodes of an application that fill the shards of several servers, by turns, with db-scheduler. */
@NullMarked
package dev.backfill.examples.fleet;

import org.jspecify.annotations.NullMarked;
