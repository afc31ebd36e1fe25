package dev.backfill.internal.signal;

import java.time.Duration;

/**
 * What a committed batch did.
 *
 * @param rows rows that it filled
 * @param serverTime time of its statements; waiting is not part of it
 * @param firstPass whether its pages were full: it writes more per row then
 * @param walBytes WAL that the server wrote meanwhile; zero when it is not known
 * @param walPosition where the WAL ended; zero when it is not known
 */
public record BatchReport(
    long rows, Duration serverTime, boolean firstPass, long walBytes, long walPosition) {}
