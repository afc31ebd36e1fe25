package dev.backfill.model;

/**
 * A statement that a run would execute.
 *
 * @param lock the strongest table lock that it takes, as in LOCK TABLE
 * @param blocks whom that lock blocks while it is held or waited for
 * @param atMost for how long at most
 */
public record PlannedStatement(
    Phase phase, String sql, String lock, String blocks, String atMost) {}
