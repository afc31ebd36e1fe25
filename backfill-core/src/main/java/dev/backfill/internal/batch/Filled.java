package dev.backfill.internal.batch;

/**
 * What the rows of one statement came to.
 *
 * @param rows rows that got a value
 * @param before the counters just before the statement
 * @param complete false when rows changed while Java computed, so that the range is to be read
 *     again
 */
record Filled(long rows, Counters before, boolean complete) {}
