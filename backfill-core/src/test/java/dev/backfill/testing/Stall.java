package dev.backfill.testing;

import java.time.Duration;

/**
 * A statement of the application and how long it took.
 *
 * @param operation what it was, COMMIT included in the last of a transaction
 * @param began when, from the start of the traffic
 */
public record Stall(Operation operation, Duration took, Duration began) {}
