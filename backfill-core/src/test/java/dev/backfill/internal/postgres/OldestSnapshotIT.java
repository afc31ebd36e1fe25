package dev.backfill.internal.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.backfill.testing.LockHolder;
import dev.backfill.testing.PostgresTest;
import dev.backfill.testing.TestDatabase;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import javax.sql.DataSource;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.postgresql.PGConnection;
import org.postgresql.ds.PGSimpleDataSource;

@PostgresTest
class OldestSnapshotIT {
  private static final String AT_WORK =
      "select count(*) from pg_stat_progress_vacuum p join pg_stat_activity a using (pid)"
          + " where pid = ? and heap_blks_scanned > 0 and backend_xmin is not null";

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
  void aVacuumHoldsNothingBack() throws SQLException, InterruptedException {
    database.execute(
        "drop table if exists vacuumed",
        "create table vacuumed with (autovacuum_enabled = off) as"
            + " select n, repeat('x', 100) from generate_series(1, 50000) n",
        "delete from vacuumed where n % 2 = 0");

    try (Connection connection = database.direct().getConnection();
        Statement statement = connection.createStatement()) {
      int pid = connection.unwrap(PGConnection.class).getBackendPID();
      // A page in a tenth of a second: it is at work until it is cancelled.
      statement.execute("set vacuum_cost_delay = '100ms'");
      statement.execute("set vacuum_cost_limit = 1");
      Thread vacuum = new Thread(() -> vacuum(statement), "vacuums");
      vacuum.start();
      Awaitility.await("VACUUM to be at work")
          .atMost(Duration.ofMinutes(1))
          .until(() -> database.queryLong(AT_WORK, pid) == 1);

      assertThat(holder(database.unpooled())).doesNotContain("session " + pid + " ");
      statement.cancel();
      vacuum.join();
    }
  }

  private static void vacuum(Statement statement) {
    assertThatThrownBy(() -> statement.execute("vacuum vacuumed"))
        .hasMessageContaining("canceling statement");
  }

  private static String holder(DataSource dataSource) throws SQLException {
    try (Connection connection = dataSource.getConnection()) {
      return OldestSnapshot.holder(connection);
    }
  }
}
