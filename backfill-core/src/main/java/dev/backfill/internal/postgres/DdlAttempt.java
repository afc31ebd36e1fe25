package dev.backfill.internal.postgres;

import dev.backfill.internal.time.Ticker;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import org.jooq.exception.DataAccessException;

/**
 * One try at a DDL transaction. First takes every lock by LOCK TABLE, which can wait without a
 * snapshot: who waits in ALTER TABLE holds one, and CREATE INDEX CONCURRENTLY, which has our lock,
 * waits for old snapshots; after deadlock_timeout one of the two fails. Then executes, with nothing
 * left to wait for.
 */
final class DdlAttempt {
  private static final Duration BESIDE_THE_WAIT = Duration.ofSeconds(1);
  private static final Duration NO_LIMIT = Duration.ZERO;
  private static final Duration IDLE_UNDER_WEAK_LOCK = Duration.ofSeconds(60);

  // The two functions bring into the session's caches what LOCK TABLE looks up: reading it from the
  // catalogs takes a snapshot, which would be kept for the wait.
  private static final String NAMES =
      """
      select t.name, pg_catalog.to_regclass(t.name)::oid = t.oid,
             pg_catalog.has_table_privilege(t.oid, 'update')
      from (select c.oid, quote_ident(n.nspname) || '.' || quote_ident(c.relname) as name, o.number
            from unnest(cast(? as oid[])) with ordinality o(oid, number)
            join pg_catalog.pg_class c on c.oid = o.oid
            join pg_catalog.pg_namespace n on n.oid = c.relnamespace) t
      order by t.number
      """;

  private final Connection connection;
  private final Ddl ddl;
  private final DdlLimits limits;
  private final Ticker ticker;
  private final BooleanSupplier wanted;
  // When others began to stall behind us.
  private Optional<Long> queuedAt = Optional.empty();
  private Duration stalled = Duration.ZERO;
  private boolean locked;

  enum Outcome {
    DONE,
    /** Somebody kept us waiting until the time was up. */
    NOT_GRANTED,
    /**
     * Refused at once: a deadlock, triggers that are still to run, a busy row of a catalog, a
     * server that has run out of something.
     */
    REFUSED,
    /** Had its locks, and did not end in time. */
    TOO_SLOW,
    /** Cancelled while it read the table, because the run is to pause or to end. */
    UNWANTED
  }

  /** What came of it, how long others stalled for it, and why it failed. */
  record Result(Outcome outcome, Duration stalled, Optional<Exception> failure) {}

  /**
   * @param wanted is asked while a statement reads the table, by another thread
   */
  DdlAttempt(
      Connection connection, Ddl ddl, DdlLimits limits, Ticker ticker, BooleanSupplier wanted) {
    this.connection = connection;
    this.ddl = ddl;
    this.limits = limits;
    this.ticker = ticker;
    this.wanted = wanted;
  }

  /**
   * @param queue how long to wait for a strong lock
   * @param vacuums how many autovacuum workers are in the way
   */
  Result run(Duration queue, long vacuums, DdlGuard.BeforeCommit beforeCommit) throws SQLException {
    try {
      Tx.run(
          connection,
          tx -> {
            if (ddl.lock() == LockMode.SHARE_UPDATE_EXCLUSIVE) {
              patiently(tx);
            } else {
              briefly(tx, queue, vacuums);
            }
            beforeCommit.check(tx);
          });
      return new Result(Outcome.DONE, stalled(), Optional.empty());
    } catch (WantedStatement.Unwanted e) {
      return new Result(Outcome.UNWANTED, stalled(), Optional.of(e));
    } catch (SQLException | DataAccessException e) {
      Optional<Outcome> outcome =
          SqlStates.classify(e) == SqlStates.Kind.EXHAUSTED
              ? Optional.of(Outcome.REFUSED)
              : outcome(String.valueOf(SqlStates.state(e)));
      if (outcome.isEmpty()) {
        throw e;
      }
      return new Result(outcome.get(), stalled(), Optional.of(e));
    }
  }

  /** What a failure says about the attempt; empty when trying again would not help. */
  private Optional<Outcome> outcome(String sqlState) {
    return switch (sqlState) {
      case SqlStates.LOCK_NOT_AVAILABLE ->
          Optional.of(locked ? Outcome.REFUSED : Outcome.NOT_GRANTED);
      case SqlStates.DEADLOCK, SqlStates.OBJECT_IN_USE -> Optional.of(Outcome.REFUSED);
      case SqlStates.QUERY_CANCELED -> canceled();
      default -> Optional.empty();
    };
  }

  private Optional<Outcome> canceled() {
    if (!locked) {
      return Optional.of(Outcome.NOT_GRANTED);
    }
    // Under a weak lock no time-out is ours: somebody cancelled the scan, and would have to again.
    return queuedAt.map(at -> Outcome.TOO_SLOW);
  }

  /** For SHARE UPDATE EXCLUSIVE: nobody but maintenance stalls, so it waits until vacuum yields. */
  private void patiently(Connection tx) throws SQLException {
    settings(tx, IDLE_UNDER_WEAK_LOCK);
    limit(tx, limits.vacuumYields(), NO_LIMIT);
    lock(tx, LockMode.SHARE_UPDATE_EXCLUSIVE);
    locked = true;
    limit(tx, limits.vacuumYields(), ddl.scans() ? NO_LIMIT : limits.stall());
    try (Statement statement = tx.createStatement()) {
      for (String sql : ddl.statements()) {
        if (ddl.scans()) {
          new WantedStatement(statement, wanted).execute(sql);
        } else {
          statement.execute(sql);
        }
      }
    }
  }

  /** For a strong lock: others stall behind us, so all of it together has an end. */
  private void briefly(Connection tx, Duration queue, long vacuums) throws SQLException {
    settings(tx, limits.stall());
    if (vacuums > 0) {
      // They go out of the way for a lock that stalls no reads or writes, and while we have that
      // one no other worker comes.
      Duration yields = limits.vacuumYields();
      limit(tx, yields, yields.multipliedBy(vacuums).plus(BESIDE_THE_WAIT));
      lock(tx, LockMode.SHARE_UPDATE_EXCLUSIVE);
    }
    // The statement's time-out bounds the waits for a table and all its partitions together.
    limit(tx, queue, queue);
    queuedAt = Optional.of(ticker.nanos());
    lock(tx, ddl.lock());
    locked = true;
    Duration limit = NO_LIMIT;
    try (Statement statement = tx.createStatement()) {
      for (String sql : ddl.statements()) {
        limit = renew(tx, limit);
        statement.execute(sql);
      }
    }
    renew(tx, NO_LIMIT);
  }

  /** Gives the next statement what is left; not a round trip more than that needs. */
  private Duration renew(Connection tx, Duration limit) {
    Duration left = limits.stall().minus(stalled());
    if (limit.isZero() || limit.minus(left).compareTo(limits.stall().dividedBy(20)) > 0) {
      limit(tx, left, left);
      return left;
    }
    return limit;
  }

  private Duration stalled() {
    queuedAt.ifPresent(at -> stalled = Duration.ofNanos(ticker.nanos() - at));
    return stalled;
  }

  /** Tables that are gone are left to the statements to name. */
  private void lock(Connection tx, LockMode mode) throws SQLException {
    List<Long> relations = ddl.relations();
    if (mode == LockMode.SHARE_UPDATE_EXCLUSIVE) {
      // One by one: LOCK TABLE reads pg_inherits by a snapshot, and waits for the partitions with
      // it.
      lock(tx, names(tx, relations).stream().map(name -> "only " + name).toList(), mode);
    } else {
      // The table with those partitions that it has now.
      lock(tx, names(tx, relations.subList(0, 1)), mode);
    }
  }

  private static void lock(Connection tx, List<String> tables, LockMode mode) throws SQLException {
    if (!tables.isEmpty()) {
      try (Statement statement = tx.createStatement()) {
        statement.execute(
            "lock table " + String.join(", ", tables) + " in " + mode.sql() + " mode");
      }
    }
  }

  private static List<String> names(Connection tx, List<Long> relations) {
    return Jooq.on(tx)
        .fetch(NAMES, (Object) relations.toArray(new Long[0]))
        .map(r -> r.get(0, String.class));
  }

  private static void settings(Connection tx, Duration idle) {
    // Locks are released after the commit was flushed, and after a synchronous standby has it,
    // which
    // may take as long as the standby is away. A crash may lose this commit, but then all that
    // comes
    // after it in the WAL too, the run's next phase included: the resumed run finds the step undone
    // in the catalogs.
    // transaction_timeout, from PostgreSQL 17 on, would end a validation.
    Jooq.on(tx)
        .fetch(
            "select set_config('synchronous_commit', 'off', true),"
                + " set_config('idle_in_transaction_session_timeout', ?, true),"
                + " (select set_config(name, '0', true) from pg_catalog.pg_settings"
                + " where name = 'transaction_timeout')",
            Long.toString(idle.toMillis()));
  }

  /** Never zero for the lock: a DDL statement never waits without an end. */
  private static void limit(Connection tx, Duration lock, Duration statement) {
    long lockMillis = Math.max(1, lock.toMillis());
    long statementMillis = statement.isZero() ? 0 : Math.max(1, statement.toMillis());
    Jooq.on(tx)
        .fetch(
            "select set_config('lock_timeout', ?, true), set_config('statement_timeout', ?, true)",
            Long.toString(lockMillis),
            Long.toString(statementMillis));
  }
}
