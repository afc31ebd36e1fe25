package dev.backfill;

import static dev.backfill.throttle.Throttles.replicationLag;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.backfill.event.BackfillEvent;
import dev.backfill.event.BackfillEvent.ThrottleReleased;
import dev.backfill.event.BackfillEvent.Throttled;
import dev.backfill.examples.local.SlowLink;
import dev.backfill.examples.local.Standby;
import dev.backfill.model.BackfillResult;
import dev.backfill.model.RunState;
import dev.backfill.model.Timeouts;
import dev.backfill.testing.PrivateServer;
import dev.backfill.testing.TestDatabase;
import dev.backfill.throttle.Joining;
import dev.backfill.throttle.ReplicationLag;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A standby that is in catchup, for as long as its link takes, and what is told to do about it. */
@Tag("long")
class JoiningStandbyIT {
  private static final int ROWS = 20_000;
  private static final Duration LIMIT = Duration.ofSeconds(1);
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  private static PrivateServer server;

  private final List<BackfillEvent> events = new CopyOnWriteArrayList<>();
  private TestDatabase database;

  @BeforeAll
  static void start() {
    server = PrivateServer.start(Map.of("wal_keep_size", "1GB"));
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  @BeforeEach
  void table() {
    database = server.database();
    database.ordersTable(ROWS);
  }

  @Test
  @DisplayName("S2, S3, S14: one that joins in mid-run is waited for, for several leases")
  void isWaitedFor() throws Exception {
    Timeouts shortLease = Timeouts.defaults().withLease(Duration.ofSeconds(1));
    try (SlowLink link = SlowLink.to(server.postgres());
        Standby standby = server.standby("joiner").through(link).attach()) {
      fallBehind(standby, link);
      try (BackfillRun run =
          definition(replicationLag(LIMIT).whenJoining(Joining.WAIT, PATIENCE), 2_000)
              .timeouts(shortLease)
              .on(database.dataSource())
              .start()) {
        await().atMost(PATIENCE).until(() -> batches() >= 3);
        standby.start();
        await()
            .atMost(PATIENCE)
            .until(
                () ->
                    run.progress()
                        .waitingFor()
                        .filter(w -> w.contains("joiner@") && w.contains("is catching up"))
                        .isPresent());
        // The batch that was at work has ended.
        await().atMost(PATIENCE).until(() -> waited(run).compareTo(Duration.ofSeconds(1)) > 0);
        long batches = batches();
        String lease = database.queryString("select lease_until from backfill.run");
        await().atMost(PATIENCE).until(() -> isRenewedForSeconds(3, lease));
        await().atMost(PATIENCE).until(() -> waited(run).compareTo(Duration.ofSeconds(4)) > 0);
        assertThat(batches()).isEqualTo(batches);
        assertThat(catchups("joiner")).isEqualTo(1);

        link.rate(SlowLink.UNLIMITED);
        BackfillResult result = run.await(PATIENCE).orElseThrow();
        assertThat(result.state()).isEqualTo(RunState.DONE);
        assertThat(result.rows()).isEqualTo(ROWS);
      }
      assertThat(events)
          .hasAtLeastOneElementOfType(ThrottleReleased.class)
          .noneMatch(BackfillEvent.RunFailed.class::isInstance);
    }
  }

  private boolean isRenewedForSeconds(int seconds, String lease) {
    return database
        .queryString(
            "select lease_until >= cast(? as timestamptz) + make_interval(secs => ?)"
                + " from backfill.run",
            lease,
            seconds)
        .startsWith("t");
  }

  private static Duration waited(BackfillRun run) {
    return run.progress().waited().orElse(Duration.ZERO);
  }

  private long batches() {
    return events.stream().filter(BackfillEvent.BatchCommitted.class::isInstance).count();
  }

  @Test
  @DisplayName("S3, S14: one that never catches up is given up at the deadline")
  void isGivenUp() throws Exception {
    try (SlowLink link = SlowLink.to(server.postgres());
        Standby standby = server.standby("crawler").through(link).attach()) {
      fallBehind(standby, link);
      standby.start();
      awaitCatchup("crawler");

      assertThat(run(replicationLag(LIMIT).whenJoining(Joining.WAIT, Duration.ofSeconds(2))).rows())
          .isEqualTo(ROWS);
      assertThat(catchups("crawler")).isEqualTo(1);
    }
  }

  @Test
  @DisplayName("S14: at half pace the run goes on while a standby catches up")
  void halvesThePace() throws Exception {
    try (SlowLink link = SlowLink.to(server.postgres());
        Standby standby = server.standby("halfway").through(link).attach()) {
      fallBehind(standby, link);
      standby.start();
      awaitCatchup("halfway");

      assertThat(run(replicationLag(LIMIT).whenJoining(Joining.HALF_PACE, PATIENCE)).rows())
          .isEqualTo(ROWS);
      assertThat(catchups("halfway")).isEqualTo(1);
      assertThat(events).noneMatch(Throttled.class::isInstance);
    }
  }

  /** Stops it, writes more than the link then carries in minutes, and leaves it stopped. */
  private void fallBehind(Standby standby, SlowLink link) {
    standby.awaitCaughtUp();
    standby.stop();
    link.rate(100_000);
    database.execute(
        "create table noise as select g, repeat(md5(g::text), 10) from generate_series(1, 100000)"
            + " g");
  }

  private void awaitCatchup(String standby) {
    await().atMost(PATIENCE).until(() -> catchups(standby) == 1);
  }

  private long catchups(String standby) {
    return database.queryLong(
        "select count(*) from pg_stat_replication where state = 'catchup' and application_name = ?",
        standby);
  }

  private BackfillResult run(ReplicationLag lag) {
    return definition(lag, 1_000_000).on(database.dataSource()).run();
  }

  private BackfillBuilder definition(ReplicationLag lag, long rowsPerSecond) {
    return Backfill.column("orders", "status_code")
        .type("varchar(32)")
        .value("case when shipped_at is null then 'pending' else 'shipped' end")
        .throttle(lag)
        .maxRowsPerSecond(rowsPerSecond)
        .listener(events::add);
  }
}
