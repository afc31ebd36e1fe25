package dev.backfill.internal.batch;

/**
 * What a session's counters show at one moment; the difference of two is a batch's.
 *
 * @param hotUpdates HOT updates of the leaf by this session since it last reported
 * @param walPosition where the server's WAL ends, as a byte position
 */
record Counters(long hotUpdates, long walPosition) {}
