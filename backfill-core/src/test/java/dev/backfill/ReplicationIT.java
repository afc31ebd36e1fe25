package dev.backfill;

import static dev.backfill.throttle.Throttles.replicationLag;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.backfill.event.BackfillEvent;
import dev.backfill.event.BackfillEvent.ThrottleReleased;
import dev.backfill.event.BackfillEvent.Throttled;
import dev.backfill.examples.local.Standby;
import dev.backfill.examples.local.WalReceiver;
import dev.backfill.model.BackfillResult;
import dev.backfill.model.RunFailedException;
import dev.backfill.model.RunState;
import dev.backfill.model.Timeouts;
import dev.backfill.testing.PrivateServer;
import dev.backfill.testing.TestDatabase;
import dev.backfill.throttle.NotOurs;
import dev.backfill.throttle.ReplicationLag;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The throttle with real standbys, whose replay is stopped, delayed and lost. */
@Tag("long")
class ReplicationIT {
  private static final int ROWS = 20_000;
  private static final Duration LIMIT = Duration.ofSeconds(1);
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  // Of the one batch of the one worker.
  private static final long MOST_IN_FLIGHT = 8_000;

  private static PrivateServer server;

  private final List<BackfillEvent> events = new CopyOnWriteArrayList<>();
  private TestDatabase database;

  @BeforeAll
  static void start() {
    server = PrivateServer.start(Map.of("max_wal_senders", "10", "wal_keep_size", "1GB"));
  }

  @AfterAll
  static void stop() throws Exception {
    server.close();
  }

  @BeforeEach
  void table() {
    database = server.database();
    database.ordersTable(ROWS);
  }

  @Test
  @DisplayName("S1: a standby that keeps up, and a primary that was idle, hold nothing back")
  void standbyThatKeepsUp() throws Exception {
    try (Standby standby = server.standby("follower").attach()) {
      standby.awaitCaughtUp();

      assertThat(run(replicationLag(LIMIT).from(standby.dataSource("postgres"))).rows())
          .isEqualTo(ROWS);
    }
    assertNothingWrong();
  }

  @Test
  @DisplayName("S1: replay that stands still stops the run within its window, and no longer")
  void pausedReplay() throws Exception {
    try (Standby standby = server.standby("paused").attach();
        BackfillRun run = start(replicationLag(LIMIT), Timeouts.defaults())) {
      awaitBatches(3);
      standby.pauseReplay();
      awaitWaitingFor(run, "limit 1 s");
      String shown =
          "select coalesce(waiting_for || ' since ' || waiting_since, '') from backfill.run";
      await()
          .atMost(PATIENCE)
          .untilAsserted(
              () ->
                  assertThat(database.queryString(shown))
                      .contains("replication-lag", "paused@", " since "));
      // A batch in flight may still come; the next one may not.
      long written = rows() + MOST_IN_FLIGHT;
      await()
          .atMost(PATIENCE)
          .until(
              () ->
                  run.progress()
                      .waited()
                      .filter(w -> w.compareTo(Duration.ofSeconds(4)) > 0)
                      .isPresent());
      assertThat(rows()).isLessThan(Math.min(written, ROWS));

      standby.resumeReplay();
      assertDone(run);
    }
    assertThat(events).hasAtLeastOneElementOfType(ThrottleReleased.class);
  }

  @Test
  @SuppressWarnings("try")
  @DisplayName("S1: a receiver that archives and never replays is no standby")
  void archivingReceiver() throws Exception {
    server.postgres().execute("select pg_create_physical_replication_slot('archive', true)");
    try (WalReceiver receiver = WalReceiver.attach(server.postgres(), "archive", "archive")) {
      assertThat(run(replicationLag(LIMIT)).rows()).isEqualTo(ROWS);
    } finally {
      server.postgres().execute("select pg_drop_replication_slot('archive')");
    }
    assertNothingWrong();
  }

  @Test
  @DisplayName("S2: a standby that goes is waited for, and one that stays away is not")
  void vanishedStandby() throws Exception {
    try (Standby standby = server.standby("leaver").attach();
        BackfillRun run =
            start(
                replicationLag(LIMIT).waitForVanished(Duration.ofSeconds(3)),
                Timeouts.defaults())) {
      awaitBatches(3);
      standby.stop();
      awaitThrottled("replication-lag");

      assertDone(run);
    }
  }

  @Test
  @DisplayName("S3, C6: throttled for several leases: the run keeps its lease and does not fail")
  void throttledForLong() throws Exception {
    Timeouts lease = Timeouts.defaults().withLease(Duration.ofSeconds(1));
    try (Standby standby = server.standby("slow").attach();
        BackfillRun run = start(replicationLag(LIMIT), lease)) {
      awaitBatches(3);
      standby.pauseReplay();
      awaitThrottled("replication-lag");
      String until = "select lease_until from backfill.run";
      String then = database.queryString(until);
      await()
          .atMost(PATIENCE)
          .until(
              () ->
                  database.queryLong(
                          "select count(*) from backfill.run where lease_until >"
                              + " cast('"
                              + then
                              + "' as timestamptz) + interval '4 s'"
                              + " and epoch = 1")
                      == 1);

      standby.resumeReplay();
      assertDone(run);
    }
  }

  @Test
  @DisplayName("S4: not being allowed to look stops a run with a limit until the right is given")
  void hiddenStandbys() throws Exception {
    DataSource filler =
        database.role(
            "filler",
            "create on database \"" + database.queryString("select current_database()") + "\"",
            "all on schema public");
    database.execute("alter table orders owner to filler");
    try (Standby standby = server.standby("unseen").attach()) {
      standby.awaitCaughtUp();
      assertThat(
              Backfill.column("orders", "without_limit")
                  .type("int")
                  .value("id::int")
                  .on(filler)
                  .run()
                  .rows())
          .isEqualTo(ROWS);
      try (BackfillRun run =
          definition(replicationLag(LIMIT), Timeouts.defaults(), 1_000_000).on(filler).start()) {
        awaitThrottled("replication-lag");
        assertThat(run.progress().rowsFilled()).isZero();
        assertThat(events)
            .anyMatch(e -> e instanceof Throttled t && t.detail().contains("GRANT pg_monitor"));

        database.execute("grant pg_monitor to filler");
        assertDone(run);
      }
    }
  }

  @Test
  @DisplayName("S16: lag that is not ours is said to be so, and the run ends if that is asked for")
  void otherPeoplesWal() throws Exception {
    try (Standby standby = server.standby("behind").attach()) {
      standby.awaitCaughtUp();
      standby.pauseReplay();
      database.execute(
          "create table noise as select g, md5(g::text) from generate_series(1, 50000) g");

      assertThatThrownBy(() -> run(replicationLag(LIMIT).whenNotOurs(NotOurs.FAIL)))
          .isInstanceOf(RunFailedException.class)
          .hasMessageContaining("not caused by us")
          .hasMessageContaining("start the run again");
      assertThat(rows()).isZero();

      standby.resumeReplay();
      assertThat(run(replicationLag(LIMIT)).rows()).isEqualTo(ROWS);
    }
  }

  @Test
  @DisplayName("S16: lag that is not ours: one smallest batch a second")
  void trickle() throws Exception {
    try (Standby standby = server.standby("trickled").attach()) {
      standby.awaitCaughtUp();
      standby.pauseReplay();
      database.execute(
          "create table noise as select g, md5(g::text) from generate_series(1, 50000) g");
      try (BackfillRun run =
          start(replicationLag(LIMIT).whenNotOurs(NotOurs.TRICKLE), Timeouts.defaults())) {
        awaitBatches(1);
        standby.resumeReplay();
        assertDone(run);
      }
    }
  }

  @Test
  @SuppressWarnings("try")
  @DisplayName("A standby that is delayed on purpose is left out by its name")
  void delayedOnPurpose() throws Exception {
    try (Standby standby = server.standby("delayed").applyDelay(Duration.ofHours(1)).attach()) {
      assertThat(run(replicationLag(LIMIT).without("delayed")).rows()).isEqualTo(ROWS);
    }
    assertNothingWrong();
  }

  @Test
  @DisplayName("S12: a standby that is far behind at the start is not taken for current")
  void behindAtTheStart() throws Exception {
    try (Standby standby = server.standby("late").attach()) {
      standby.awaitCaughtUp();
      standby.pauseReplay();
      database.execute(
          "create table noise as select g, md5(g::text) from generate_series(1, 50000) g");
      try (BackfillRun run = start(replicationLag(Duration.ofHours(1)), Timeouts.defaults())) {
        awaitThrottled("replication-lag");
        assertThat(rows()).isZero();
        standby.resumeReplay();
        assertDone(run);
      }
    }
  }

  @Test
  @DisplayName("A limit that is changed by SQL holds within a second or so")
  void retuned() throws Exception {
    try (Standby standby = server.standby("retuned").attach();
        BackfillRun run = start(replicationLag(LIMIT), Timeouts.defaults())) {
      awaitBatches(3);
      standby.pauseReplay();
      awaitThrottled("replication-lag");
      database.execute(
          "update backfill.run set settings = '{\"replication-lag\": 3600, \"nonsense\": 1}'");
      await()
          .atMost(PATIENCE)
          .until(
              () ->
                  run.progress().waitingFor().filter(w -> w.contains("3600")).isPresent()
                      || events.stream().anyMatch(ThrottleReleased.class::isInstance));
      run.retune("replication-lag", 7200);
      assertThat(database.queryString("select settings ->> 'replication-lag' from backfill.run"))
          .isEqualTo("7200");
      standby.resumeReplay();
      assertDone(run);
      assertThatThrownBy(() -> run.retune("replication-lag", 5))
          .isInstanceOf(IllegalStateException.class);
    }
  }

  private BackfillResult run(ReplicationLag lag) {
    return definition(lag, Timeouts.defaults(), 1_000_000).on(database.dataSource()).run();
  }

  private BackfillRun start(ReplicationLag lag, Timeouts timeouts) {
    return definition(lag, timeouts, 8_000).on(database.dataSource()).start();
  }

  private BackfillDefinition definition(ReplicationLag lag, Timeouts timeouts, long rowsPerSecond) {
    return Backfill.column("orders", "status_code")
        .type("varchar(32)")
        .value("case when shipped_at is null then 'pending' else 'shipped' end")
        .throttle(lag)
        .timeouts(timeouts)
        .maxRowsPerSecond(rowsPerSecond)
        .listener(events::add)
        .build();
  }

  private void awaitBatches(int count) {
    await()
        .atMost(PATIENCE)
        .until(
            () ->
                events.stream().filter(BackfillEvent.BatchCommitted.class::isInstance).count()
                    >= count);
  }

  private void awaitThrottled(String signal) {
    await()
        .atMost(PATIENCE)
        .until(
            () ->
                events.stream()
                    .anyMatch(e -> e instanceof Throttled t && t.signal().equals(signal)));
  }

  private static void awaitWaitingFor(BackfillRun run, String what) {
    await()
        .atMost(PATIENCE)
        .until(() -> run.progress().waitingFor().filter(w -> w.contains(what)).isPresent());
  }

  private long rows() {
    return database.queryLong("select coalesce(sum(rows), 0) from backfill.run_window");
  }

  private void assertDone(BackfillRun run) throws InterruptedException {
    BackfillResult result = run.await(PATIENCE).orElseThrow();
    assertThat(result.state()).isEqualTo(RunState.DONE);
    assertThat(result.rows()).isEqualTo(ROWS);
    assertThat(events).noneMatch(BackfillEvent.RunFailed.class::isInstance);
  }

  private void assertNothingWrong() {
    assertThat(events).noneMatch(BackfillEvent.RunFailed.class::isInstance);
  }
}
