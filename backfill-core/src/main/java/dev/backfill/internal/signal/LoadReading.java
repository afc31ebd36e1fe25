package dev.backfill.internal.signal;

import java.util.OptionalDouble;

/**
 * What the application's load looked like at one moment.
 *
 * @param activeOthers sessions of others that are at work; negative if that could not be read
 * @param transactions transactions of others per second since the moment before
 * @param cores processors of the server; zero or below if nobody knows
 * @param workers batches that run at once
 * @param commitMillis time of a tiny commit; empty if it could not be measured
 */
record LoadReading(
    int activeOthers, double transactions, int cores, int workers, OptionalDouble commitMillis) {}
