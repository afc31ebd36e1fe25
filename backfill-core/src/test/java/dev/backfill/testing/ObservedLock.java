package dev.backfill.testing;

import dev.backfill.internal.postgres.LockMode;

/**
 * A lock as pg_locks and pg_stat_activity showed it.
 *
 * @param statement what the session ran at that moment, or last, when idle in a transaction
 * @param type {@code relation}; for those who wait, also {@code transactionid} or {@code tuple}
 * @param relation as regclass prints it; empty for locks on anything else
 */
public record ObservedLock(
    int pid,
    String application,
    String statement,
    String type,
    String relation,
    LockMode mode,
    boolean granted) {}
