package dev.backfill.internal.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backfill.testing.LockHolder;
import dev.backfill.testing.PrivateServer;
import dev.backfill.testing.TestDatabase;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Map;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;

class LoadIT {

  @Test
  void aRoleThatMayNotSeeOthersDoesNotTakeThemForIdle() throws Exception {
    try (PrivateServer server = PrivateServer.start(Map.of())) {
      TestDatabase database = server.database();
      database.ordersTable(1);
      DataSource plain = database.role("plain", "select on orders");
      try (LockHolder other = LockHolder.running(database, "select pg_sleep(600), * from orders")) {
        assertThat(other).isNotNull();
        assertThat(activeOthers(plain)).isEqualTo(-1);

        database.execute("grant pg_monitor to plain");
        assertThat(activeOthers(plain)).isEqualTo(1);
      }
    }
  }

  private static int activeOthers(DataSource dataSource) throws SQLException {
    try (Connection connection = dataSource.getConnection()) {
      return Load.activeOthers(connection);
    }
  }
}
