/**
 * What a run is described by and reports: definition parts, plan, progress, result and exceptions.
 */
@NullMarked
package dev.backfill.model;

import org.jspecify.annotations.NullMarked;
