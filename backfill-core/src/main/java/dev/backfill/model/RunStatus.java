package dev.backfill.model;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/**
 * A run as the state tables have it.
 *
 * @param rowsFilled rows filled so far, exact as of the last commit
 * @param quarantined rows that are in quarantine
 * @param owner who works on it now: process id, host and a random part; empty when nobody does
 * @param alive whether the owner's lease holds
 * @param requestedAction what an operator asked for last: pause, resume, stop, abandon
 * @param lastError why the last start failed; may hold a row's key and what the database said
 * @param waitingFor what it waits for, with value and limit; empty when it is working, or nobody
 *     works on it. May hold a statement of somebody whose lock is in the way
 * @param waitingSince by the database's clock
 * @param fraction estimated share of the backfill's work that is done, 0 to 1, as of about a second
 *     ago
 * @param remaining estimated time to the end of the backfill phase at the last minute's pace; empty
 *     while unknown, and when nobody works on it
 */
public record RunStatus(
    String name,
    String table,
    String column,
    Phase phase,
    RunState state,
    long rowsFilled,
    long quarantined,
    Optional<String> owner,
    boolean alive,
    Optional<String> requestedAction,
    Optional<String> lastError,
    Optional<String> waitingFor,
    Optional<Instant> waitingSince,
    double fraction,
    Optional<Duration> remaining) {}
