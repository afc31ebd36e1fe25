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
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@PostgresTest
class LeafFiguresIT {
  TestDatabase database;

  @Test
  @Timeout(60)
  void ofATableThatSomebodyHasLockedAreNotWaitedForWithoutAnEnd() throws SQLException {
    database.ordersTable(100);
    Leaf leaf =
        new Leaf(
            database.queryLong("select 'orders'::regclass::oid::bigint"),
            "public",
            "orders",
            'r',
            100,
            1,
            100,
            1);
    try (Connection connection = database.dataSource().getConnection()) {
      try (LockHolder holder = LockHolder.table(database, "orders", "access exclusive")) {
        assertThatThrownBy(() -> LeafFigures.of(connection, leaf))
            .isInstanceOf(LockNotAcquiredException.class)
            .hasMessageContaining("locked exclusively by")
            .hasMessageContaining(String.valueOf(holder.pid()))
            .hasMessageContaining("then start again");
      }
      assertThat(LeafFigures.of(connection, leaf).indexes()).hasSize(3);
    }
  }
}
