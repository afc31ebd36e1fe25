package dev.backfill;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.backfill.event.BackfillEvent;
import dev.backfill.event.BackfillEvent.BatchCancelled;
import dev.backfill.event.BackfillEvent.BatchCommitted;
import dev.backfill.event.BackfillEvent.BatchRetried;
import dev.backfill.event.BackfillEvent.ThrottleReleased;
import dev.backfill.event.BackfillEvent.Throttled;
import dev.backfill.examples.local.Standby;
import dev.backfill.internal.postgres.BatchTag;
import dev.backfill.internal.postgres.Load;
import dev.backfill.internal.postgres.Replication;
import dev.backfill.model.BackfillResult;
import dev.backfill.model.BatchSize;
import dev.backfill.model.PreflightException;
import dev.backfill.model.RunState;
import dev.backfill.model.Stripes;
import dev.backfill.model.Timeouts;
import dev.backfill.testing.LockHolder;
import dev.backfill.testing.PrivateServer;
import dev.backfill.testing.TestDatabase;
import dev.backfill.throttle.Reading;
import dev.backfill.throttle.SetHours;
import dev.backfill.throttle.Throttle;
import dev.backfill.throttle.Throttles;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalTime;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.postgresql.PGConnection;

/** Runs that hold back for signals, the users' own too, and for the sessions that they block. */
@Tag("long")
class ThrottlingIT {
  private static final int ROWS = 20_000;
  private static final Duration PATIENCE = Duration.ofMinutes(2);
  private static final String UNFILLED =
      "select count(*) from orders where status_code is distinct from 'seen'";

  private static PrivateServer server;

  private final List<BackfillEvent> events = new CopyOnWriteArrayList<>();
  private final DialSignal dial = new DialSignal(false);
  private TestDatabase database;

  @BeforeAll
  static void start() {
    server =
        PrivateServer.start(
            Map.of("archive_mode", "on", "autovacuum", "off", "wal_keep_size", "1GB"));
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
  @DisplayName("S5, S6: a signal of the user's holds a run: told once, and no batch's time")
  void usersOwnSignal() throws Exception {
    try (BackfillRun run = start(dial)) {
      awaitBatches(3);
      int before = dial.readings();
      dial.set(c -> Reading.of(12 + dial.readings() % 5, "queue of mails"));
      awaitThrottled("dial");
      await()
          .atMost(PATIENCE)
          .untilAsserted(
              () ->
                  assertThat(database.queryString("select waiting_for from backfill.run"))
                      .contains("dial 1")
                      .contains("jobs, limit 10 jobs: queue of mails"));
      assertThat(run.progress().waitingFor()).get().asString().contains("dial");
      await().atMost(PATIENCE).until(() -> dial.readings() >= before + 6);

      dial.set(c -> Reading.of(1));
      assertDone(run);
    }
    assertThat(eventsOf(Throttled.class))
        .singleElement()
        .satisfies(
            held -> {
              assertThat(held.signal()).isEqualTo("dial");
              assertThat(held.value()).isBetween(12.0, 16.0);
              assertThat(held.limit()).isEqualTo(10);
              assertThat(held.detail()).isEqualTo("queue of mails");
            });
    Duration lasted = eventsOf(ThrottleReleased.class).get(0).lasted();
    assertThat(eventsOf(ThrottleReleased.class)).hasSize(1);
    assertThat(eventsOf(BatchCommitted.class))
        .allSatisfy(batch -> assertThat(batch.serverTime()).isLessThan(lasted));
  }

  @Test
  @DisplayName("A signal that throws is said to be unreadable, and the run goes on")
  void throwingSignal() {
    dial.set(
        c -> {
          throw new IllegalStateException("no such mail server");
        });

    assertThat(definition(dial).on(database.dataSource()).run().rows()).isEqualTo(ROWS);
    assertThat(eventsOf(Throttled.class)).isEmpty();
  }

  @Test
  @DisplayName("One that must be readable stops the run while it throws")
  void requiredSignalThatThrows() throws Exception {
    DialSignal required = new DialSignal(true);
    required.set(
        c -> {
          throw new IllegalStateException("no such mail server");
        });
    try (BackfillRun run = start(required)) {
      awaitThrottled("dial");
      assertThat(eventsOf(Throttled.class).get(0).detail()).contains("no such mail server");
      assertThat(eventsOf(BatchCommitted.class)).isEmpty();

      required.set(c -> Reading.of(0));
      assertDone(run);
    }
  }

  @Test
  @DisplayName("C6: a signal that hangs costs the run neither its heartbeat nor its pace")
  void hangingSignal() throws Exception {
    CountDownLatch forEver = new CountDownLatch(1);
    CountDownLatch hangs = new CountDownLatch(1);
    try (BackfillRun run = start(dial)) {
      awaitBatches(3);
      dial.set(
          c -> {
            hangs.countDown();
            awaitDeaf(forEver);
            return Reading.of(0);
          });
      hangs.await();

      assertDone(run);
      assertThat(database.queryLong("select epoch from backfill.run")).isEqualTo(1);
      assertThat(dial.readings()).as("not called again").isGreaterThan(1);
    } finally {
      forEver.countDown();
    }
  }

  @Test
  @DisplayName("A query that hangs is cancelled, and the run goes on")
  void hangingQuery() throws Exception {
    database.execute("create table hang (seconds int)", "insert into hang values (0)");
    String sql = "select coalesce(max((select 1 from pg_sleep(seconds))), 0) - 1 from hang";
    try (BackfillRun run = start(Throttles.query("slow", sql, 5))) {
      awaitBatches(3);
      database.execute("update hang set seconds = 3600");

      assertDone(run);
    }
  }

  @Test
  @DisplayName("Hours that are shut hold the run from its first batch, and say when they open")
  void hours() throws Exception {
    AtomicReference<Instant> clock = new AtomicReference<>(Instant.parse("2026-01-15T12:00:00Z"));
    Throttle nights =
        SetHours.hours(
            ZoneId.of("Europe/Berlin"), LocalTime.of(22, 0), LocalTime.of(5, 0), clock::get);
    try (BackfillRun run = start(nights)) {
      awaitThrottled("hours");
      assertThat(eventsOf(Throttled.class).get(0).detail())
          .isEqualTo("opens at 2026-01-15 22:00 Europe/Berlin");
      assertThat(eventsOf(BatchCommitted.class)).isEmpty();

      clock.set(Instant.parse("2026-01-15T23:30:00Z"));
      assertDone(run);
    }
  }

  @Test
  @DisplayName("Limits and workers are changed by SQL and by call while the run is held")
  void retuned() throws Exception {
    dial.set(c -> Reading.of(12));
    try (BackfillRun run = start(dial)) {
      awaitThrottled("dial");
      database.execute(
          "update backfill.run set settings ="
              + " '{\"dial\": 20, \"workers\": 0, \"lock-waits\": \"many\", \"nonsense\": 1}'");
      await()
          .atMost(PATIENCE)
          .until(() -> run.progress().waitingFor().filter(w -> w.contains("limit 20")).isPresent());

      Backfills operator = Backfills.on(database.dataSource());
      String name = operator.list().get(0).name();
      assertThatThrownBy(() -> operator.retune(name, "dial", 0))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("dial must be above 0");
      operator.retune(name, "dial", 30);
      assertDone(run);
    }
  }

  @Test
  @DisplayName("S7: WAL that a slot retains holds the run until somebody drops it")
  void slot() throws Exception {
    database.execute("select pg_create_physical_replication_slot('lazy', true)");
    writeWal();
    try (BackfillRun run = start(Throttles.slotRetainedWal(4_000_000))) {
      awaitThrottled("slot-retained-wal");
      assertThat(eventsOf(Throttled.class).get(0).detail()).isEqualTo("slot lazy (inactive)");
      assertThat(eventsOf(BatchCommitted.class)).isEmpty();

      database.execute("select pg_drop_replication_slot('lazy')");
      assertDone(run);
    }
  }

  @Test
  @DisplayName("S7: an archiver that does not keep up holds the run")
  void archiver() throws Exception {
    archiveBy("false");
    for (int file = 0; file < 4; file++) {
      writeWal();
      database.execute("select pg_switch_wal()");
    }
    await()
        .atMost(PATIENCE)
        .until(() -> database.queryLong("select failed_count from pg_stat_archiver") > 0);
    try (BackfillRun run = start(Throttles.archiverBacklog(3))) {
      awaitThrottled("archiver-backlog");
      assertThat(eventsOf(Throttled.class).get(0).detail()).contains("fails");
      assertThat(eventsOf(BatchCommitted.class)).isEmpty();

      archiveBy("true");
      assertDone(run);
    }
  }

  @Test
  @DisplayName("S13: no batch's WAL is above the cap but the first after an unseen checkpoint")
  void walOfABatch() throws Exception {
    long cap = 2_000_000;
    long before = checkpoints();
    try (BackfillRun run =
        builder().unthrottled().maxWalBytesPerSecond(cap).on(database.dataSource()).start()) {
      awaitBatches(10);
      database.execute("checkpoint");
      int then = eventsOf(BatchCommitted.class).size();
      await()
          .atMost(PATIENCE)
          .until(
              () ->
                  run.completion().isDone() || eventsOf(BatchCommitted.class).size() >= then + 10);
      database.execute("checkpoint");
      assertDone(run);
    }
    // A tenth for what the server and the run's heartbeat write meanwhile.
    assertThat(
            eventsOf(BatchCommitted.class).stream()
                .filter(batch -> batch.walBytes() > 1.1 * cap)
                .count())
        .isLessThanOrEqualTo(checkpoints() - before);
  }

  @Test
  @DisplayName("L9: a batch that deadlocks with the application gives way, and is retried smaller")
  void deadlock() throws Exception {
    dial.set(c -> Reading.of(12));
    BackfillBuilder oneLargeBatch =
        builder().throttle(dial).batchSize(BatchSize.fixed(400)).stripes(Stripes.off());
    try (Connection application = database.direct().getConnection();
        Statement statement = application.createStatement();
        BackfillRun run = oneLargeBatch.on(database.dataSource()).start()) {
      // Not before: DDL would wait for this transaction.
      awaitCount("select count(*) from backfill.run where phase = 'BACKFILL'");
      application.setAutoCommit(false);
      statement.execute("update orders set touched = 1 where id = 300");
      dial.set(c -> Reading.of(0));
      awaitCount(
          "select count(*) from pg_stat_activity"
              + " where query like '/* backfill %' and wait_event_type = 'Lock'");
      // Locked by the batch, which waits for us.
      statement.execute("update orders set touched = 1 where id = 1");
      await().atMost(PATIENCE).until(() -> !eventsOf(BatchRetried.class).isEmpty());
      application.commit();
      assertFilled(run);
    }
    assertThat(eventsOf(BatchRetried.class))
        .allSatisfy(retried -> assertThat(retried.sqlState()).isIn("55P03", "40P01"));
    assertThat(eventsOf(BatchCommitted.class).get(0).rows()).isLessThanOrEqualTo(200);
    assertThat(database.queryLong("select sum(touched) from orders")).isEqualTo(2);
  }

  @Test
  @DisplayName("L10: a batch that blocks others beyond the budget is cancelled, and halved")
  void overrun() throws Exception {
    slowBatches();
    // Or a statement ends before it of itself.
    database.execute("alter database " + database.name() + " set deadlock_timeout = '100 s'");
    String change = "update orders set touched = 1 where id = 1";
    try (BackfillRun run =
        builder()
            .batchSize(BatchSize.fixed(400))
            .stripes(Stripes.off())
            .timeouts(Timeouts.defaults().withBatchStatement(Duration.ofMinutes(2)))
            .on(database.dataSource())
            .start()) {
      awaitCount(
          "select count(*) from pg_stat_activity"
              + " where query like '/* backfill %' and wait_event = 'PgSleep'");
      // Waits for the batch, by and by.
      database.execute(change);
      database.execute("alter table orders disable trigger slow");
      assertFilled(run);
    }
    assertThat(eventsOf(BatchCancelled.class)).isNotEmpty();
    assertThat(eventsOf(BatchRetried.class)).extracting(BatchRetried::sqlState).contains("57014");
    assertThat(eventsOf(BatchCommitted.class).get(0).rows()).isLessThanOrEqualTo(200);
    assertThat(database.queryLong("select touched from orders where id = 1")).isEqualTo(1);
  }

  @Test
  @DisplayName("S15: all who queue behind our row are counted, not only those who name us")
  void queueBehindARow() throws Exception {
    List<LockHolder> queue = new ArrayList<>();
    String change = "update orders set touched = touched + 1 where id = 1";
    try (LockHolder ours = LockHolder.idle(database, BatchTag.of("r") + change);
        Connection connection = database.dataSource().getConnection()) {
      try {
        for (int i = 0; i < 6; i++) {
          queue.add(LockHolder.running(database, change));
        }
        await()
            .atMost(PATIENCE)
            .until(
                () ->
                    database.queryLong("select count(distinct pid) from pg_locks where not granted")
                        == 6);

        assertThat(
                database.queryLong(
                    "select count(*) from pg_stat_activity where ? = any (pg_blocking_pids(pid))",
                    ours.pid()))
            .isEqualTo(1);
        assertThat(Load.blockedBy(connection, "r", Duration.ofMillis(1)))
            .containsExactly(new Load.Blocking(ours.pid(), 6));
        assertThat(Load.blockedBy(connection, "another", Duration.ofMillis(1))).isEmpty();
      } finally {
        ours.release();
        queue.forEach(LockHolder::release);
      }
    }
  }

  @Test
  @DisplayName(
      "S11: a standby's long query stops its replay: said in the plan, and named by the gate")
  void queryOnAStandby() throws Exception {
    try (Standby standby =
        server.standby("reader").setting("max_standby_streaming_delay", "-1").attach()) {
      standby.awaitCaughtUp();
      Throttle lag =
          Throttles.replicationLag(Duration.ofSeconds(1)).from(standby.dataSource(database.name()));
      assertThat(definition(lag).on(database.dataSource()).plan().toString())
          .contains("conflict with long queries on a hot standby");

      try (Connection report = standby.dataSource(database.name()).getConnection();
          Statement statement = report.createStatement()) {
        int pid = report.unwrap(PGConnection.class).getBackendPID();
        report.setAutoCommit(false);
        report.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
        // A snapshot and no lock, which the DDL's lock would meet first.
        statement.execute("select count(*) from generate_series(1, 10)");
        try (BackfillRun run = start(lag)) {
          awaitThrottled("replication-lag");
          await()
              .atMost(PATIENCE)
              .until(
                  () ->
                      "RecoveryConflictSnapshot"
                          .equals(
                              standby
                                  .server()
                                  .query(
                                      "select wait_event from pg_stat_activity"
                                          + " where backend_type = 'startup'")));
          await()
              .atMost(PATIENCE)
              .until(
                  () ->
                      run.progress()
                          .waitingFor()
                          .orElse("")
                          .contains("waits with its replay for session " + pid));
          report.rollback();
          assertDone(run);
        }
      }
    }
  }

  @Test
  @DisplayName("A foreign snapshot holds a run that was told to wait for it, and is named")
  void foreignSnapshot() throws Exception {
    try (LockHolder snapshot = LockHolder.snapshot(database);
        BackfillRun run = start(Throttles.oldestSnapshot(Duration.ofMillis(200)))) {
      awaitThrottled("oldest-snapshot");
      assertThat(eventsOf(Throttled.class).get(0).detail())
          .isEqualTo("session " + snapshot.pid() + " of holder");

      snapshot.release();
      assertDone(run);
    }
  }

  @Test
  @DisplayName("L5: an ALTER that meets pending trigger events is tried again")
  void pendingTriggerEvents() {
    database.execute(
        "create sequence attempts",
        "create function later() returns trigger language plpgsql as 'begin return null; end'",
        "create constraint trigger later after update on orders deferrable initially deferred"
            + " for each row execute function later()",
        "create function meddle() returns event_trigger language plpgsql as $$ begin"
            + " if nextval('attempts') <= 2 then"
            + " update public.orders set touched = touched where id = 1; end if; end $$",
        "create event trigger meddle on ddl_command_start when tag in ('ALTER TABLE')"
            + " execute function meddle()");

    assertThat(builder().on(database.dataSource()).run().state()).isEqualTo(RunState.DONE);
    assertThat(database.queryLong("select last_value from attempts")).isGreaterThan(2);
    assertThat(database.queryLong(UNFILLED)).isZero();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "select 'a lot'; it must return a number",
        "select 1, 2; returns 2 columns",
        "select id from orders; more than one row",
        "select id from orders where false; returned no row",
        "selec 1; syntax error",
        "select 1 from nowhere; does not exist",
        "with u as (update orders set touched = 1 returning 1) select count(*) from u; read-only",
      })
  @DisplayName("Bad input: a query that can never be read is refused, and nothing is changed")
  void unreadableQuery(String sql, String why) {
    assertThatThrownBy(() -> start(Throttles.query("mine", sql, 10)).await(PATIENCE))
        .isInstanceOf(PreflightException.class)
        .hasMessageContaining("nothing was changed")
        .hasMessageContaining("Signal mine cannot be read")
        .hasMessageContaining(why);
    assertThat(database.queryString("select to_regnamespace('backfill')")).isNull();
  }

  @Test
  @DisplayName("Bad input: a signal that does not answer is refused, and nothing is changed")
  void signalThatHangsAtTheStart() {
    CountDownLatch forEver = new CountDownLatch(1);
    dial.set(
        c -> {
          awaitDeaf(forEver);
          return Reading.of(0);
        });
    assertThatThrownBy(() -> start(dial).await(PATIENCE))
        .isInstanceOf(PreflightException.class)
        .hasMessageContaining("Signal dial")
        .hasMessageContaining("not answered");
    forEver.countDown();
    assertThat(database.queryString("select to_regnamespace('backfill')")).isNull();
  }

  @Test
  @DisplayName("Bad input: options that contradict each other are refused")
  void contradictions() {
    assertThatThrownBy(() -> builder().batchSize(BatchSize.adaptive(Duration.ofSeconds(2))).build())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("2000 ms")
        .hasMessageContaining("blockedByUs (500 ms)");
    assertThatThrownBy(() -> builder().throttle(dial).unthrottled().build())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("contradicts throttle");
  }

  @Test
  @DisplayName("A plan says which signals cannot be read, and which right they need")
  void plan() {
    var reader = database.role("planner", "select on orders");

    assertThat(definition(Throttles.activeSessions(100)).on(reader).plan().toString())
        .contains("Signal active-sessions is read in part")
        .contains("GRANT pg_monitor TO planner");
  }

  /** Batches take 25 ms a row; nobody else's updates do. */
  private void slowBatches() {
    database.execute(
        "create function slow() returns trigger language plpgsql as $$ begin"
            + " if current_query() like '/* backfill %' then perform pg_sleep(0.025); end if;"
            + " return new; end $$",
        "create trigger slow before update on orders for each row execute function slow()");
  }

  private BackfillRun start(Throttle throttle) {
    return definition(throttle).on(database.dataSource()).start();
  }

  private BackfillDefinition definition(Throttle throttle) {
    return builder().throttle(throttle).maxRowsPerSecond(8_000).build();
  }

  private BackfillBuilder builder() {
    return Backfill.column("orders", "status_code")
        .type("text")
        .value("case when id > 0 then 'seen' end")
        .listener(events::add);
  }

  private <T extends BackfillEvent> List<T> eventsOf(Class<T> type) {
    return Stream.of(events.toArray()).filter(type::isInstance).map(type::cast).toList();
  }

  private void awaitBatches(int count) {
    await().atMost(PATIENCE).until(() -> eventsOf(BatchCommitted.class).size() >= count);
  }

  private void awaitThrottled(String signal) {
    await()
        .atMost(PATIENCE)
        .until(() -> eventsOf(Throttled.class).stream().anyMatch(t -> t.signal().equals(signal)));
  }

  /** Whatever the statement counts, there is some. */
  private void awaitCount(String sql) {
    await().atMost(PATIENCE).until(() -> exists("backfill.run") && database.queryLong(sql) > 0);
  }

  private boolean exists(String table) {
    return database.queryString("select to_regclass(?)", table) != null;
  }

  private void assertDone(BackfillRun run) throws InterruptedException {
    assertThat(assertFilled(run).rows()).isEqualTo(ROWS);
  }

  /** By the run, or by the cover when the application changed a row. */
  private BackfillResult assertFilled(BackfillRun run) throws InterruptedException {
    BackfillResult result = run.await(PATIENCE).orElseThrow();
    assertThat(result.state()).isEqualTo(RunState.DONE);
    assertThat(database.queryLong(UNFILLED)).isZero();
    return result;
  }

  private long checkpoints() throws Exception {
    try (Connection connection = database.unpooled().getConnection()) {
      return Replication.checkpoints(connection, database.serverMajor());
    }
  }

  private void writeWal() {
    database.execute(
        "select pg_logical_emit_message(true, 'x', repeat('x', 1000000))"
            + " from generate_series(1, 8)");
  }

  private void archiveBy(String command) {
    database.execute(
        "alter system set archive_command = '" + command + "'", "select pg_reload_conf()");
  }

  /** As code does that takes no notice of interrupts. */
  private static void awaitDeaf(CountDownLatch latch) {
    boolean done = false;
    while (!done) {
      try {
        latch.await();
        done = true;
      } catch (InterruptedException e) {
        done = false;
      }
    }
  }
}
