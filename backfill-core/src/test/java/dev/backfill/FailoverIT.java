package dev.backfill;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backfill.examples.local.SlowLink;
import dev.backfill.examples.local.Standby;
import dev.backfill.testing.ChildJvm;
import dev.backfill.testing.PrivateServer;
import dev.backfill.testing.TestDatabase;
import dev.backfill.testing.UpdateAudit;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The primary is lost in mid-run, for good. */
@Tag("long")
class FailoverIT {
  private static final int ROWS = 60_000;
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  @Test
  @DisplayName("C11: goes on from the checkpoint of a standby that lagged: nothing lost or twice")
  void failoverToALaggingStandby() throws Exception {
    try (PrivateServer server = PrivateServer.start(Map.of("wal_keep_size", "1GB"));
        SlowLink link = SlowLink.to(server.postgres());
        Standby standby = server.standby("successor").through(link).attach()) {
      TestDatabase database = server.database();
      database.ordersTable(ROWS);
      UpdateAudit.install(database, "orders", "status_code");
      String url = url(server, standby, database);
      try (ChildJvm application = ChildJvm.start(CrashingApplication.class, url, "1")) {
        application.awaitLine("batch 20:", PATIENCE);
        standby.awaitCaughtUp();
        link.cut();
        long received = filled(standby, database.name());
        long more = batches(application).count() + 20;
        application.awaitLine("batch " + more + ":", PATIENCE);
        long committed = batches(application).mapToLong(FailoverIT::rows).sum();
        // What came after the cut is lost with its checkpoints.
        assertThat(received).isPositive().isLessThan(committed);
        server.stopImmediately();
        standby.promote();
        application.awaitLine("finished", PATIENCE);
        assertThat(application.output())
            .anyMatch(line -> line.startsWith("ServerLost"))
            .anyMatch(line -> line.startsWith("ServerBack"));
      }
      assertEachRowFilledOnce(standby, database);
    }
  }

  @Test
  @DisplayName("C11: an owner whose takeover the standby lacks is fenced by the next of its epoch")
  void failoverThatLosesATakeover() throws Exception {
    try (PrivateServer server = PrivateServer.start(Map.of("wal_keep_size", "1GB"));
        SlowLink link = SlowLink.to(server.postgres());
        Standby standby = server.standby("successor").through(link).attach()) {
      TestDatabase database = server.database();
      database.ordersTable(ROWS);
      UpdateAudit.install(database, "orders", "status_code");
      String url = url(server, standby, database);
      try (ChildJvm first = ChildJvm.start(CrashingApplication.class, url, "1")) {
        first.awaitLine("batch 5:", PATIENCE);
        first.killHard();
      }
      standby.awaitCaughtUp();
      link.cut();
      try (ChildJvm lost = ChildJvm.start(CrashingApplication.class, url, "1")) {
        lost.awaitLine("batch 5:", PATIENCE);
        lost.suspend();
        server.stopImmediately();
        standby.promote();
        try (ChildJvm next = ChildJvm.start(CrashingApplication.class, url, "1")) {
          next.awaitLine("batch 5:", PATIENCE);
          lost.resume();
          lost.awaitLine("LeaseLostException", PATIENCE);
          next.awaitLine("finished", PATIENCE);
          assertThat(next.output()).anyMatch(FailoverIT::hasBegunWithTheSecondEpoch);
        }
        assertThat(lost.output()).anyMatch(FailoverIT::hasBegunWithTheSecondEpoch);
      }
      assertEachRowFilledOnce(standby, database);
    }
  }

  private static boolean hasBegunWithTheSecondEpoch(String line) {
    return line.startsWith("RunStarted") && line.contains("epoch=2,");
  }

  private static String url(PrivateServer server, Standby standby, TestDatabase database) {
    return "jdbc:postgresql://localhost:%d,localhost:%d/%s?user=postgres&targetServerType=primary"
        .formatted(server.port(), standby.server().port(), database.name());
  }

  private static void assertEachRowFilledOnce(Standby standby, TestDatabase database)
      throws SQLException {
    assertThat(
            query(
                standby,
                database.name(),
                "select count(*) || ' updates of ' || count(distinct key) || ' rows, '"
                    + " || (select count(*) from orders where status_code is null) || ' empty, '"
                    + " || (select phase from backfill.run) from fixture.updates"))
        .isEqualTo(ROWS + " updates of " + ROWS + " rows, 0 empty, DONE");
  }

  private static Stream<String> batches(ChildJvm application) {
    return application.output().stream().filter(line -> line.startsWith("batch "));
  }

  private static long rows(String batch) {
    return Long.parseLong(batch.replaceAll("batch \\d+: (\\d+) rows", "$1"));
  }

  private static long filled(Standby standby, String database) throws SQLException {
    return Long.parseLong(
        query(standby, database, "select count(*) from orders where status_code is not null"));
  }

  private static String query(Standby standby, String database, String sql) throws SQLException {
    try (Connection connection = standby.dataSource(database).getConnection();
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(sql)) {
      assertThat(row.next()).isTrue();
      return row.getString(1);
    }
  }
}
