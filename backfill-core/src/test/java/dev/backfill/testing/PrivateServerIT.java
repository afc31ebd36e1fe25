package dev.backfill.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.backfill.examples.local.Standby;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Map;
import org.junit.jupiter.api.Test;

class PrivateServerIT {

  @Test
  void keepsWhatWasCommittedThroughACrash() throws SQLException {
    Path data;
    try (PrivateServer server = PrivateServer.start(Map.of("wal_level", "logical"))) {
      data = server.dataDirectory();
      TestDatabase database = server.database();
      database.execute("create table kept (n int)", "insert into kept values (1)");
      Connection open = database.direct().getConnection();
      open.setAutoCommit(false);
      open.createStatement().execute("insert into kept values (2)");

      server.stopImmediately();
      assertThatThrownBy(open::commit).isInstanceOf(SQLException.class);
      assertThatThrownBy(() -> database.direct().getConnection()).isInstanceOf(SQLException.class);

      server.restart();
      assertThat(database.queryStrings("select n from kept")).containsExactly("1");
      assertThat(database.queryString("show wal_level")).isEqualTo("logical");
      assertThat(database.queryString("show fsync")).isEqualTo("on");

      server.stop();
      server.restart();
      assertThat(database.queryStrings("select n from kept")).containsExactly("1");
    }
    assertThat(Files.notExists(data)).isTrue();
  }

  @Test
  void endsTheBackendsOfOneApplication() throws SQLException {
    try (PrivateServer server = PrivateServer.start()) {
      TestDatabase database = server.database();
      try (Connection victim = database.dataSource().getConnection()) {
        // A pooler has a session for a transaction alone.
        victim.setAutoCommit(false);
        victim.createStatement().execute("select 1");
        assertThat(server.terminateBackends("app")).isEqualTo(1);
        assertThatThrownBy(() -> victim.createStatement().execute("select 1"))
            .isInstanceOf(SQLException.class);
      }
    }
  }

  @Test
  void hasStandbys() {
    try (PrivateServer server = PrivateServer.start();
        Standby standby = server.standby("reader").attach()) {
      TestDatabase database = server.database();
      standby.awaitCaughtUp();
      assertThat(
              standby
                  .server()
                  .query("select 'yes' from pg_database where datname = '" + database.name() + "'"))
          .isEqualTo("yes");
    }
  }
}
