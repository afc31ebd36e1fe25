package dev.backfill.internal.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backfill.testing.LockHolder;
import dev.backfill.testing.PostgresTest;
import dev.backfill.testing.TestDatabase;
import java.sql.Connection;
import java.sql.SQLException;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;
import org.postgresql.ds.PGSimpleDataSource;

@PostgresTest
class OldestSnapshotIT {
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

  private static String holder(DataSource dataSource) throws SQLException {
    try (Connection connection = dataSource.getConnection()) {
      return OldestSnapshot.holder(connection);
    }
  }
}
