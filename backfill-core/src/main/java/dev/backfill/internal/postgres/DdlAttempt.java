package dev.backfill.internal.postgres;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;

/** One try at a DDL transaction; throws what the server says when somebody is in the way. */
final class DdlAttempt {
  private static final Duration BEYOND_DEADLOCK_TIMEOUT = Duration.ofMillis(500);
  // Catalog changes are done in milliseconds; one that is not would hold a strong lock all that
  // time.
  private static final Duration INSTANT = Duration.ofSeconds(5);

  private final Connection connection;
  private final Ddl ddl;

  DdlAttempt(Connection connection, Ddl ddl) {
    this.connection = connection;
    this.ddl = ddl;
  }

  /** For a strong lock: waits for it no longer than that, since others stall behind it. */
  void briefly(Duration queue, DdlGuard.BeforeCommit beforeCommit) throws SQLException {
    Tx.run(
        connection,
        tx -> {
          limit(tx, queue, queue.plus(INSTANT));
          execute(tx);
          beforeCommit.check(tx);
        });
  }

  /** For SHARE UPDATE EXCLUSIVE: nobody but maintenance stalls, so it waits until vacuum yields. */
  void patiently(DdlGuard.BeforeCommit beforeCommit) throws SQLException {
    Tx.run(
        connection,
        tx -> {
          limit(tx, vacuumYields(tx), ddl.scans() ? Duration.ZERO : INSTANT.plus(vacuumYields(tx)));
          execute(tx);
          beforeCommit.check(tx);
        });
  }

  /** Gets autovacuum out of the way under a weak lock, then takes the strong one. */
  void besideVacuum(Duration queue, DdlGuard.BeforeCommit beforeCommit) throws SQLException {
    Tx.run(
        connection,
        tx -> {
          Duration yields = vacuumYields(tx);
          limit(tx, yields, yields.plus(INSTANT));
          lockOutVacuum(tx);
          limit(tx, queue, queue.plus(INSTANT));
          execute(tx);
          beforeCommit.check(tx);
        });
  }

  private void lockOutVacuum(Connection tx) throws SQLException {
    List<String> tables =
        Jooq.on(tx)
            .fetch(
                "select quote_ident(n.nspname) || '.' || quote_ident(c.relname)"
                    + " from pg_catalog.pg_class c"
                    + " join pg_catalog.pg_namespace n on n.oid = c.relnamespace"
                    + " where c.oid = any (cast(? as oid[])) order by c.oid",
                (Object) ddl.relations().toArray(new Long[0]))
            .map(r -> r.get(0, String.class));
    try (Statement statement = tx.createStatement()) {
      for (String table : tables) {
        statement.execute("lock table only " + table + " in share update exclusive mode");
      }
    }
  }

  private void execute(Connection tx) throws SQLException {
    try (Statement statement = tx.createStatement()) {
      for (String sql : ddl.statements()) {
        statement.execute(sql);
      }
    }
  }

  private static Duration vacuumYields(Connection tx) {
    return ServerInfo.read(tx).deadlockTimeout().plus(BEYOND_DEADLOCK_TIMEOUT);
  }

  /** Never zero for the lock: a DDL statement never waits without an end. */
  private static void limit(Connection tx, Duration lock, Duration statement) {
    Jooq.on(tx)
        .fetch(
            "select set_config('lock_timeout', ?, true), set_config('statement_timeout', ?, true),"
                + " set_config('idle_in_transaction_session_timeout', '60000', true)",
            Long.toString(Math.max(1, lock.toMillis())),
            Long.toString(statement.toMillis()));
  }
}
