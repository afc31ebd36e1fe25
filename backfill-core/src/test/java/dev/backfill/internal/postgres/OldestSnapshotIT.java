package dev.backfill.internal.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backfill.testing.LockHolder;
import dev.backfill.testing.PostgresTest;
import dev.backfill.testing.SlowVacuum;
import dev.backfill.testing.TestDatabase;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import javax.sql.DataSource;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.postgresql.ds.PGSimpleDataSource;

@PostgresTest
class OldestSnapshotIT {
  private static final String SNAPSHOTS_OF_WORKERS =
      "select count(*) from pg_stat_activity where leader_pid = ? and backend_xmin is not null";
  private static final String WORKER = "select min(pid) from pg_stat_activity where leader_pid = ?";

  TestDatabase database;

  @Test
  void aTransactionThatHasWrittenHoldsPruningBackWithoutASnapshot() throws SQLException {
    database.execute("drop table if exists written", "create table written (id int)");

    try (LockHolder writer = LockHolder.idle(database, "insert into written values (1)")) {
      assertThat(holder(database.unpooled())).contains("session " + writer.pid() + " ");
    }
  }

  @Test
  void anotherDatabaseHoldsNothingBack() throws SQLException {
    PGSimpleDataSource elsewhere = database.unpooled();
    elsewhere.setDatabaseName("postgres");

    try (LockHolder snapshot = LockHolder.snapshot(database)) {
      String session = "session " + snapshot.pid() + " ";
      assertThat(holder(database.unpooled())).contains(session);
      assertThat(holder(elsewhere)).doesNotContain(session);
    }
  }

  @Test
  void aVacuumHoldsNothingBack() throws SQLException {
    database.execute(
        "drop table if exists vacuumed",
        "create table vacuumed with (autovacuum_enabled = off) as"
            + " select n, repeat('x', 100) from generate_series(1, 50000) n",
        "delete from vacuumed where n % 2 = 0");

    try (SlowVacuum vacuum = SlowVacuum.of(database, "vacuumed")) {
      assertThat(holder(database.direct())).doesNotContain("session " + vacuum.pid() + " ");
    }
  }

  @Test
  void norDoItsParallelWorkers() throws SQLException {
    database.execute(
        "drop table if exists indexed",
        "create table indexed with (autovacuum_enabled = off) as"
            + " select n, n as m from generate_series(1, 2000) n",
        // Many pages: they are read until it is cancelled.
        "create index on indexed (n) with (fillfactor = 10)",
        "create index on indexed (m) with (fillfactor = 10)",
        "delete from indexed where n % 2 = 0");

    try (SlowVacuum vacuum =
        SlowVacuum.of(database, "(parallel 2) indexed", "min_parallel_index_scan_size = 0")) {
      Awaitility.await("a worker with a snapshot")
          .atMost(Duration.ofMinutes(1))
          .until(() -> database.queryLong(SNAPSHOTS_OF_WORKERS, vacuum.pid()) > 0);

      String worker = database.queryString(WORKER, vacuum.pid());
      assertThat(holder(database.direct())).doesNotContain("session " + worker);
    }
  }

  private static String holder(DataSource dataSource) throws SQLException {
    try (Connection connection = dataSource.getConnection()) {
      return OldestSnapshot.holder(connection);
    }
  }
}
