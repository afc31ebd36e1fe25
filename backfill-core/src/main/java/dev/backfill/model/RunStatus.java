package dev.backfill.model;

import java.util.Optional;

/**
 * A run as the state tables have it.
 *
 * @param rowsFilled rows filled so far, exact as of the last commit
 * @param owner who works on it now: process id, host and a random part; empty when nobody does
 * @param alive whether the owner's lease holds
 * @param requestedAction what an operator asked for last: pause, resume, stop
 * @param lastError why the last start failed
 */
public record RunStatus(
    String name,
    String table,
    String column,
    Phase phase,
    RunState state,
    long rowsFilled,
    Optional<String> owner,
    boolean alive,
    Optional<String> requestedAction,
    Optional<String> lastError) {}
