package dev.backfill.examples.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.postgresql.replication.LogSequenceNumber;

class StandbyIT {
  private static final String COUNT = "select count(*) from written";

  /** What the link delays must be more than what sockets hold. */
  private static final String MEGABYTES_OF_WAL =
      "insert into padded select repeat(md5(i::text), 30) from generate_series(1, %d * 1000) as i";

  private static LocalPostgres primary;

  @BeforeAll
  static void start() {
    primary = LocalPostgres.start(Map.of("wal_level", "replica", "wal_keep_size", "1GB"));
    primary.execute("create table written (n int)", "create table padded (t text)");
    // Out of line and uncompressed, a row is as much WAL as it is long.
    primary.execute("alter table padded alter t set storage external");
  }

  @AfterAll
  static void stop() {
    primary.close();
  }

  @BeforeEach
  void empty() {
    primary.execute("truncate written, padded");
  }

  private static String onPrimary(String column, String standby) {
    return primary.query(
        "select %s from pg_stat_replication where application_name = '%s'"
            .formatted(column, standby));
  }

  private static String count(Standby standby) {
    return standby.server().query(COUNT);
  }

  private static void awaitCount(Standby standby, int rows) {
    await().untilAsserted(() -> assertThat(count(standby)).isEqualTo("" + rows));
  }

  @Test
  void replaysWhatThePrimaryWrites() throws Exception {
    try (Standby standby = Standby.of(primary).name("plain").attach()) {
      assertThat(onPrimary("state", "plain")).isIn("streaming", "catchup");
      assertThat(onPrimary("sync_state", "plain")).isEqualTo("async");
      primary.execute("insert into written values (1), (2)");
      standby.awaitCaughtUp();
      assertThat(count(standby)).isEqualTo("2");
      try (Connection connection = DriverManager.getConnection(standby.url("postgres"));
          Statement statement = connection.createStatement()) {
        assertThatThrownBy(() -> statement.execute("insert into written values (3)"))
            .hasMessageContaining("read-only");
      }
    }
    await().untilAsserted(() -> assertThat(onPrimary("pid", "plain")).isNull());
  }

  @Test
  void receivesButDoesNotReplayDuringAPause() {
    try (Standby standby = Standby.of(primary).name("paused").attach()) {
      standby.pauseReplay();
      LogSequenceNumber before = standby.replayedLsn();
      primary.execute("insert into written values (1)");
      LogSequenceNumber written =
          LogSequenceNumber.valueOf(
              Objects.requireNonNull(primary.query("select pg_current_wal_flush_lsn()")));
      await().until(() -> standby.receivedLsn().compareTo(written) >= 0);
      assertThat(standby.replayedLsn()).isEqualTo(before);
      assertThat(count(standby)).isEqualTo("0");

      standby.resumeReplay();
      standby.awaitCaughtUp();
      assertThat(count(standby)).isEqualTo("1");
    }
  }

  @Test
  void appliesCommitsLateWhenToldTo() {
    try (Standby standby =
        Standby.of(primary).name("delayed").applyDelay(Duration.ofHours(1)).attach()) {
      primary.execute("insert into written values (1)");
      LogSequenceNumber written =
          LogSequenceNumber.valueOf(
              Objects.requireNonNull(primary.query("select pg_current_wal_flush_lsn()")));
      await().until(() -> standby.receivedLsn().compareTo(written) >= 0);
      assertThat(count(standby)).isEqualTo("0");

      standby
          .server()
          .execute("alter system set recovery_min_apply_delay = 0", "select pg_reload_conf()");
      awaitCount(standby, 1);
    }
  }

  @Test
  void commitsWaitForASynchronousOneUntilItIsClosed() throws Exception {
    String latest = "select max(n) from written";
    try (Standby standby = Standby.of(primary).name("sync one").synchronous().attach()) {
      await()
          .untilAsserted(() -> assertThat(onPrimary("sync_state", "sync one")).isEqualTo("sync"));
      standby.stop();
      try (Connection connection = primary.dataSource("postgres").getConnection();
          Statement statement = connection.createStatement()) {
        statement.execute("set synchronous_commit = on");
        Thread commit = Threads.start("commit", () -> insertOne(statement));
        await()
            .until(
                () ->
                    "1"
                        .equals(
                            primary.query(
                                "select count(*) from pg_stat_activity"
                                    + " where wait_event = 'SyncRep'")));
        assertThat(primary.query(latest)).isNull();
        standby.start();
        commit.join();
      }
      assertThat(primary.query(latest)).isEqualTo("1");
    }
    primary.execute("set synchronous_commit = on", "insert into written values (2)");
  }

  private static void insertOne(Statement statement) {
    try {
      statement.execute("insert into written values (1)");
    } catch (java.sql.SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void aSlotKeepsTheWalOfOneThatIsStopped() {
    try (Standby standby = Standby.of(primary).name("slotted").slot("slotted").attach()) {
      String active = "select active from pg_replication_slots where slot_name = 'slotted'";
      assertThat(primary.query(active)).isEqualTo("t");
      standby.stop();
      await().untilAsserted(() -> assertThat(primary.query(active)).isEqualTo("f"));
      String kept = primary.query("select restart_lsn from pg_replication_slots");
      primary.execute("insert into written values (1)", "select pg_switch_wal()", "checkpoint");
      assertThat(primary.query("select restart_lsn from pg_replication_slots")).isEqualTo(kept);
      standby.start();
      standby.awaitCaughtUp();
      assertThat(count(standby)).isEqualTo("1");
    }
    await()
        .ignoreExceptions()
        .untilAsserted(
            () ->
                assertThat(primary.query("select 't' from pg_drop_replication_slot('slotted')"))
                    .isEqualTo("t"));
  }

  @Test
  void aSecondOneJoinsInCatchupThroughASlowLink() {
    try (SlowLink link = SlowLink.to(primary);
        Standby first = Standby.of(primary).name("first").attach();
        Standby second = Standby.of(primary).name("second").through(link).attach()) {
      second.stop();
      primary.execute(MEGABYTES_OF_WAL.formatted(40));
      link.rate(2_000_000);
      second.start();
      await().untilAsserted(() -> assertThat(onPrimary("state", "second")).isEqualTo("catchup"));
      first.awaitCaughtUp();
      assertThat(onPrimary("state", "first")).isEqualTo("streaming");
      assertThat(second.replayedLsn()).isLessThan(first.replayedLsn());

      link.rate(SlowLink.UNLIMITED);
      second.awaitCaughtUp();
      await().untilAsserted(() -> assertThat(onPrimary("state", "second")).isEqualTo("streaming"));
    }
  }

  @Test
  void comesBackAfterItsLinkWasCut() {
    try (SlowLink link = SlowLink.to(primary);
        Standby standby = Standby.of(primary).name("cut").through(link).attach()) {
      link.cut();
      await().untilAsserted(() -> assertThat(onPrimary("pid", "cut")).isNull());
      primary.execute("insert into written values (1)");
      assertThat(count(standby)).isEqualTo("0");
      link.restore();
      awaitCount(standby, 1);
    }
  }

  @Test
  void aStandbyOfAStandbyFollowsItsPromotion() {
    try (Standby upstream = Standby.of(primary).name("upstream").attach();
        Standby cascaded = Standby.of(upstream).name("cascaded").slot("cascaded").attach()) {
      assertThat(onPrimary("pid", "cascaded")).isNull();
      assertThat(upstream.server().query("select application_name from pg_stat_replication"))
          .isEqualTo("cascaded");
      primary.execute("insert into written values (1)");
      awaitCount(cascaded, 1);

      upstream.promote();
      upstream.server().execute("insert into written values (2)");
      awaitCount(cascaded, 2);
      assertThat(primary.query(COUNT)).isEqualTo("1");
      try (Standby late = Standby.of(upstream).name("late").attach()) {
        assertThat(count(late)).isEqualTo("2");
      }
    }
  }

  @Test
  void aWalReceiverStreamsAndReplaysNothing() {
    primary.execute("select pg_create_physical_replication_slot('archive', true)");
    try (WalReceiver receiver = WalReceiver.attach(primary, "receivewal", "archive")) {
      await()
          .untilAsserted(
              () -> assertThat(onPrimary("state", receiver.name())).isEqualTo("streaming"));
      primary.execute("insert into written values (1)");
      await()
          .untilAsserted(
              () ->
                  assertThat(onPrimary("flush_lsn = pg_current_wal_flush_lsn()", receiver.name()))
                      .isEqualTo("t"));
      assertThat(onPrimary("replay_lsn", receiver.name())).isNull();
    }
    await()
        .ignoreExceptions()
        .untilAsserted(
            () ->
                assertThat(primary.query("select 't' from pg_drop_replication_slot('archive')"))
                    .isEqualTo("t"));
  }
}
