package dev.backfill;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backfill.model.Contract;
import dev.backfill.model.DifferentRow;
import dev.backfill.model.NewRows;
import dev.backfill.model.RunState;
import dev.backfill.model.Timeouts;
import dev.backfill.model.VerificationStatus;
import dev.backfill.model.VerifyResult;
import dev.backfill.testing.ChildJvm;
import dev.backfill.testing.LockHolder;
import dev.backfill.testing.PostgresTest;
import dev.backfill.testing.TestDatabase;
import dev.backfill.throttle.Reading;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import javax.sql.DataSource;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/** Who verifies, and where the next one goes on. */
@PostgresTest
class VerifyOwnersIT {
  private static final String RUN = "public.t.c";
  private static final Duration PATIENCE = Duration.ofMinutes(1);
  private static final int ROWS = 10_000;

  /** From JDK 25 on the common pool runs one at a time where there are two processors. */
  private static final Executor OWN_THREAD = task -> new Thread(task, "verification").start();

  TestDatabase database;

  /** While slow.on holds, the value of a row far behind the first chunk takes for ever. */
  @BeforeEach
  void filledTable() {
    database.execute(
        "drop schema if exists backfill cascade",
        "drop table if exists t, slow cascade",
        "drop function if exists label",
        "create table slow (on_now boolean)",
        "insert into slow values (false)",
        "create table t (id int primary key, pad text) with (fillfactor = 30)",
        "insert into t select g, repeat('x', 60) from generate_series(1, " + ROWS + ") g",
        """
        create function label(id int) returns text stable language plpgsql as $$
        begin
          if id = 9000 and (select on_now from slow) then
            perform pg_sleep(3600);
          end if;
          return 'row ' || id;
        end $$
        """);
    assertThat(definition().on(database.dataSource()).run().state()).isEqualTo(RunState.DONE);
  }

  private static BackfillDefinition definition() {
    return VerifyingApplication.definition();
  }

  private void slow(boolean on) {
    database.update("update slow set on_now = ?", on);
  }

  private Optional<VerificationStatus> status() {
    return Backfills.on(database.dataSource()).verification(RUN);
  }

  private void awaitFirstChunk() {
    Awaitility.await()
        .atMost(PATIENCE)
        .until(() -> status().filter(s -> s.rowsCompared() > 0).isPresent());
  }

  @Test
  @DisplayName("C1, C3: killed in the middle, it is resumed behind the blocks that are compared")
  void killed() throws Exception {
    slow(true);
    try (ChildJvm application = ChildJvm.start(VerifyingApplication.class, database.url())) {
      awaitFirstChunk();
      application.killHard();
    }
    VerificationStatus left = status().orElseThrow();
    assertThat(left.finishedAt()).isEmpty();
    assertThat(left.rowsCompared()).isLessThan(ROWS);
    // In place, in a block that was compared: whoever reads it again counts it.
    database.execute("update t set c = 'lost' where id = 1");
    assertThat(database.queryString("select ctid from t where id = 1")).startsWith("(0,");
    slow(false);

    VerifyResult result = definition().on(database.dataSource()).verify().run();

    assertThat(result.rowsCompared()).isEqualTo(ROWS);
    assertThat(result.rowsDifferent()).isZero();
    assertThat(result.startedAt()).isEqualTo(left.startedAt());
  }

  @Test
  @DisplayName("C5: frozen past its lease and woken up, the former owner writes nothing")
  void frozen() throws Exception {
    slow(true);
    try (ChildJvm frozen = ChildJvm.start(VerifyingApplication.class, database.url())) {
      awaitFirstChunk();
      frozen.suspend();
      slow(false);
      VerifyResult result = definition().on(database.dataSource()).verify().run();
      assertThat(result.rowsCompared()).isEqualTo(ROWS);

      frozen.resume();

      frozen.awaitLine("lost: The verification of run " + RUN, PATIENCE);
      assertThat(frozen.awaitExit(PATIENCE)).isZero();
    }
    assertThat(status().orElseThrow().rowsCompared()).isEqualTo(ROWS);
  }

  @Test
  @DisplayName("C9: of two at once one compares, and the other waits for its result")
  void two() throws Exception {
    slow(true);
    // Outlasts the chunk that is held, on a slow machine too.
    BackfillDefinition patient = VerifyingApplication.definition(Duration.ofMinutes(1));
    CompletableFuture<VerifyResult> first =
        CompletableFuture.supplyAsync(
            () -> patient.on(database.dataSource()).verify().run(), OWN_THREAD);
    awaitFirstChunk();
    CountDownLatch asked = new CountDownLatch(1);
    DataSource second =
        RecordingDataSource.of(
            database.unpooled(),
            sql -> {
              if (sql.contains("\"verification\" set owner")) {
                asked.countDown();
              }
            });
    CompletableFuture<VerifyResult> other =
        CompletableFuture.supplyAsync(() -> patient.on(second).verify().run(), OWN_THREAD);
    assertThat(asked.await(1, TimeUnit.MINUTES)).isTrue();
    slow(false);

    assertThat(other.get(1, TimeUnit.MINUTES).startedAt())
        .isEqualTo(first.get(1, TimeUnit.MINUTES).startedAt());
    assertThat(first.join().rowsCompared()).isEqualTo(ROWS);
    assertThat(other.join().rowsCompared()).isEqualTo(ROWS);
  }

  @Test
  @DisplayName("C6, S3: held by a signal it keeps its lease, says what it waits for, and goes on")
  void held() throws Exception {
    DialSignal dial = new DialSignal(true);
    BackfillDefinition throttled =
        Backfill.column("t", "c")
            .type("text")
            .value("label(id)")
            .contract(Contract.none())
            .timeouts(Timeouts.defaults().withLease(Duration.ofSeconds(1)))
            .throttle(dial)
            .build();
    dial.set(context -> Reading.of(20));
    CompletableFuture<VerifyResult> result =
        CompletableFuture.supplyAsync(
            () -> throttled.on(database.dataSource()).verify().run(), OWN_THREAD);
    Awaitility.await()
        .atMost(PATIENCE)
        .until(() -> status().flatMap(VerificationStatus::waitingFor).isPresent());
    assertThat(status().orElseThrow().waitingFor().orElseThrow())
        .contains("dial 20 jobs, limit 10 jobs");
    String lease = leaseUntil();

    Awaitility.await().atMost(PATIENCE).until(() -> leaseUntil().compareTo(lease) > 0);

    long before = status().orElseThrow().rowsCompared();
    assertThat(before).isLessThan(ROWS);
    assertThat(result).isNotDone();
    dial.set(context -> Reading.of(0));
    assertThat(result.get(1, TimeUnit.MINUTES).rowsCompared()).isEqualTo(ROWS);
    assertThat(status().orElseThrow().waitingFor()).isEmpty();
  }

  @Test
  @DisplayName("C6: a chunk that waits for the table for longer than the lease is not taken over")
  void waitsForTheTable() {
    slow(true);
    CompletableFuture<VerifyResult> first = verifying(definition());
    awaitFirstChunk();
    LockHolder rewriting = LockHolder.table(database, "t", "access exclusive");
    CompletableFuture<VerifyResult> other = verifying(definition());
    awaitLeaseKeptForLongerThanItIs();
    slow(false);
    rewriting.release();

    assertOneComparedAndBothHaveTheResult(first, other);
  }

  @Test
  @DisplayName("C6: a chunk whose Java function takes longer than the lease is not taken over")
  void waitsForJava() throws Exception {
    CountDownLatch atWork = new CountDownLatch(1);
    CountDownLatch goOn = new CountDownLatch(1);
    AtomicBoolean slow = new AtomicBoolean();
    BackfillDefinition computed =
        Backfill.column("t", "d")
            .type("int")
            .value(
                List.of("id"),
                row -> {
                  if (slow.get()) {
                    atWork.countDown();
                    await(goOn);
                  }
                  return row.get("id", Integer.class);
                })
            .newRows(NewRows.application())
            .contract(Contract.none())
            .timeouts(Timeouts.defaults().withLease(Duration.ofSeconds(1)))
            .build();
    computed.on(database.dataSource()).run();
    slow.set(true);
    CompletableFuture<VerifyResult> first = verifying(computed);
    assertThat(atWork.await(1, TimeUnit.MINUTES)).isTrue();
    CompletableFuture<VerifyResult> other = verifying(computed);
    awaitLeaseKeptForLongerThanItIs();
    goOn.countDown();

    assertOneComparedAndBothHaveTheResult(first, other);
  }

  private CompletableFuture<VerifyResult> verifying(BackfillDefinition definition) {
    return CompletableFuture.supplyAsync(
        () -> definition.on(database.dataSource()).verify().run(), OWN_THREAD);
  }

  private void awaitLeaseKeptForLongerThanItIs() {
    String begun = leaseUntil();
    Awaitility.await()
        .atMost(PATIENCE)
        .until(
            () ->
                database
                    .queryString(
                        "select lease_until > cast(? as timestamptz) + interval '3 s'"
                            + " from backfill.verification",
                        begun)
                    .startsWith("t"));
  }

  private void assertOneComparedAndBothHaveTheResult(
      CompletableFuture<VerifyResult> first, CompletableFuture<VerifyResult> other) {
    assertThat(first)
        .succeedsWithin(PATIENCE)
        .satisfies(r -> assertThat(r.rowsCompared()).isEqualTo(ROWS));
    assertThat(other).succeedsWithin(PATIENCE);
    assertThat(other.join().startedAt()).isEqualTo(first.join().startedAt());
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @Nested
  @DisplayName("a table that is rewritten meanwhile is compared from its beginning:")
  class Rewritten {
    private static final int LEFT = 5_000;

    /** Row 9500 now stands in a block that was passed before. */
    private void rewriteWithoutTheFirstHalf() {
      database.execute("delete from t where id <= " + (ROWS - LEFT), "vacuum full t");
    }

    private void assertEveryRowLeftIsCompared(VerifyResult result) {
      assertThat(result.rowsCompared()).isEqualTo(LEFT);
      assertThat(result.rowsDifferent()).isOne();
      assertThat(result.differences())
          .extracting(DifferentRow::key)
          .containsExactly(List.of("9500"));
    }

    @Test
    @DisplayName("T3: while nobody verifies")
    void whileNobodyVerifies() throws Exception {
      database.execute("update t set c = 'lost' where id in (1, 9500)");
      slow(true);
      try (ChildJvm application = ChildJvm.start(VerifyingApplication.class, database.url())) {
        Awaitility.await()
            .atMost(PATIENCE)
            .until(() -> status().filter(s -> s.rowsCompared() > LEFT).isPresent());
        application.killHard();
      }
      assertThat(status().orElseThrow().rowsDifferent()).isOne();
      rewriteWithoutTheFirstHalf();
      slow(false);

      assertEveryRowLeftIsCompared(definition().on(database.dataSource()).verify().run());
    }

    @Test
    @DisplayName("T3: between two of its chunks")
    void betweenTwoChunks() {
      database.execute("update t set c = 'lost' where id in (1, 9500)");
      slow(true);
      CompletableFuture<VerifyResult> result =
          CompletableFuture.supplyAsync(
              () -> definition().on(database.dataSource()).verify().run());
      Awaitility.await()
          .atMost(PATIENCE)
          .until(() -> status().filter(s -> s.rowsCompared() > LEFT).isPresent());

      rewriteWithoutTheFirstHalf();
      slow(false);

      assertThat(result).succeedsWithin(PATIENCE).satisfies(this::assertEveryRowLeftIsCompared);
    }

    @Test
    @DisplayName("T3: while a Java function computes")
    void whileJavaComputes() throws Exception {
      CountDownLatch atRow = new CountDownLatch(1);
      CountDownLatch goOn = new CountDownLatch(1);
      BackfillDefinition computed =
          Backfill.column("t", "d")
              .type("int")
              .value(
                  List.of("id"),
                  row -> {
                    Integer id = row.get("id", Integer.class);
                    if (id == 9000 && filled.get()) {
                      atRow.countDown();
                      await(goOn);
                    }
                    return id;
                  })
              .newRows(NewRows.application())
              .contract(Contract.none())
              .build();
      computed.on(database.dataSource()).run();
      filled.set(true);
      database.execute("update t set d = -1 where id in (1, 9500)");
      CompletableFuture<VerifyResult> result = verifying(computed);
      assertThat(atRow.await(1, TimeUnit.MINUTES)).isTrue();

      rewriteWithoutTheFirstHalf();
      goOn.countDown();

      assertThat(result).succeedsWithin(PATIENCE).satisfies(this::assertEveryRowLeftIsCompared);
    }

    private final AtomicBoolean filled = new AtomicBoolean();
  }

  private String leaseUntil() {
    return database.queryString("select lease_until from backfill.verification");
  }

  @Test
  void endsWhenAnOperatorDeletesItsRow() {
    slow(true);
    CompletableFuture<VerifyResult> result =
        CompletableFuture.supplyAsync(
            () -> definition().on(database.dataSource()).verify().run(), OWN_THREAD);
    awaitFirstChunk();

    database.execute("delete from backfill.verification");
    slow(false);

    assertThat(result)
        .failsWithin(PATIENCE)
        .withThrowableThat()
        .withMessageContaining("its row in the state tables was deleted");
    assertThat(status()).isEmpty();
  }
}
