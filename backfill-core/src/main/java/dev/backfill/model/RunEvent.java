package dev.backfill.model;

import java.time.Instant;

/**
 * An entry of a run's history.
 *
 * @param at by the database's clock
 * @param kind started, resumed, phase, stopped, awaiting_approval, failed, done or abandoned
 * @param detail the epoch of a start, the phase entered, what was dropped and kept of an abandoned
 *     run, or the error, which may hold a row's key and what the database said; may be empty
 */
public record RunEvent(Instant at, String kind, String detail) {}
