package dev.backfill.internal.signal;

import java.util.OptionalDouble;

/**
 * What the application's load looked like at one moment.
 *
 * @param activeOthers sessions of others that are at work; negative if that could not be read
 * @param cores processors of the server; zero or below if nobody knows
 * @param commitMillis time of a tiny commit; empty if it could not be measured
 */
record LoadReading(int activeOthers, int cores, OptionalDouble commitMillis) {}
