package dev.backfill.internal.rehearsal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.backfill.internal.postgres.TableInfo.Leaf;
import dev.backfill.model.LockNotAcquiredException;
import dev.backfill.testing.LockHolder;
import dev.backfill.testing.PostgresTest;
import dev.backfill.testing.TestDatabase;
import java.sql.Connection;
import java.sql.SQLException;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@PostgresTest
class ScratchTableIT {
  private static final int ROWS = 1_000;

  TestDatabase database;
  private Connection connection;
  private ScratchTable table;

  @BeforeEach
  void schema() throws SQLException {
    database.execute(
        "drop schema if exists backfill_rehearsal cascade", "drop table if exists orders cascade");
    database.ordersTable(ROWS);
    connection = database.dataSource().getConnection();
    Leaf leaf =
        new Leaf(
            database.queryLong("select 'orders'::regclass::oid::bigint"),
            "public",
            "orders",
            'r',
            ROWS,
            pages(),
            100,
            1);
    LeafFigures figures = LeafFigures.of(connection, leaf);
    ScratchSchema schema = ScratchSchema.of("backfill");
    schema.create(connection);
    table = new ScratchTable(schema, "orders", figures);
  }

  @AfterEach
  void close() throws SQLException {
    connection.close();
  }

  private long pages() {
    return database.queryLong("select relpages from pg_class where oid = 'orders'::regclass");
  }

  @Test
  @Timeout(60)
  void whoHasTheTableLockedIsNamed() throws SQLException {
    try (LockHolder holder = LockHolder.table(database, "orders", "access exclusive")) {
      assertLockedBy(holder, () -> table.create(connection));
    }
    table.create(connection);
    try (LockHolder holder = LockHolder.table(database, "orders", "access exclusive")) {
      assertLockedBy(holder, () -> table.copy(connection, 0, 1, ROWS));
    }
    long unused = table.copy(connection, 0, pages(), ROWS);
    assertThat(table.rows()).isEqualTo(ROWS);
  }

  private static void assertLockedBy(LockHolder holder, ThrowingCallable step) {
    assertThatThrownBy(step)
        .isInstanceOf(LockNotAcquiredException.class)
        .hasMessageContaining("locked exclusively by")
        .hasMessageContaining(String.valueOf(holder.pid()))
        .hasMessageContaining("then start again");
  }
}
