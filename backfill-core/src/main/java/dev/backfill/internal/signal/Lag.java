package dev.backfill.internal.signal;

import java.time.Duration;

/**
 * How far a standby is behind.
 *
 * @param time behind by this much; zero when it has replayed all that is known
 * @param atLeast whether it may be behind by more, up to any amount: to be taken as over any limit
 * @param bytes WAL that is known to be there and not replayed
 */
record Lag(Duration time, boolean atLeast, long bytes) {}
