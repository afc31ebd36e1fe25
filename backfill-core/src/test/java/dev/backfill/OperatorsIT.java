package dev.backfill;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.backfill.event.BackfillEvent;
import dev.backfill.model.BackfillException;
import dev.backfill.model.BackfillResult;
import dev.backfill.model.BatchSize;
import dev.backfill.model.Contract;
import dev.backfill.model.Phase;
import dev.backfill.model.RunEvent;
import dev.backfill.model.RunMismatchException;
import dev.backfill.model.RunState;
import dev.backfill.model.RunStatus;
import dev.backfill.testing.PostgresTest;
import dev.backfill.testing.TestDatabase;
import dev.backfill.testing.UpdateAudit;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

@PostgresTest
class OperatorsIT {
  private static final String RUN = "public.orders.status_code";
  private static final int ROWS = 20_000;
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  TestDatabase database;

  private final CountDownLatch firstBatch = new CountDownLatch(1);
  private final CountDownLatch paused = new CountDownLatch(1);
  private final CountDownLatch resumed = new CountDownLatch(1);

  /** How an operator asks. */
  enum Way {
    HANDLE,
    CALL,
    SQL;

    void pause(TestDatabase database, BackfillRun run) {
      switch (this) {
        case HANDLE -> run.pause();
        case CALL -> Backfills.on(database.dataSource()).pause(RUN);
        case SQL -> request(database, "pause");
      }
    }

    void resume(TestDatabase database, BackfillRun run) {
      switch (this) {
        case HANDLE -> run.resume();
        case CALL -> Backfills.on(database.dataSource()).resume(RUN);
        case SQL -> request(database, "resume");
      }
    }

    void stop(TestDatabase database, BackfillRun run) {
      switch (this) {
        case HANDLE -> run.stop();
        case CALL -> Backfills.on(database.dataSource()).stop(RUN);
        case SQL -> request(database, "stop");
      }
    }

    private static void request(TestDatabase database, String action) {
      assertThat(
              database.update(
                  "update backfill.run set requested_action = ? where name = ?", action, RUN))
          .isEqualTo(1);
    }
  }

  @BeforeEach
  void orders() {
    database.execute(
        "drop schema if exists backfill cascade", "drop table if exists orders cascade");
    database.ordersTable(ROWS);
  }

  private BackfillBuilder statusCode() {
    return Backfill.column("orders", "status_code")
        .type("text")
        .value("case when shipped_at is null then 'pending' else 'shipped' end")
        .batchSize(BatchSize.fixed(100))
        .listener(this::heard);
  }

  private BackfillBuilder slowly() {
    return statusCode().maxRowsPerSecond(1_000);
  }

  private void heard(BackfillEvent event) {
    if (event instanceof BackfillEvent.BatchCommitted) {
      firstBatch.countDown();
    } else if (event instanceof BackfillEvent.RunPaused) {
      paused.countDown();
    } else if (event instanceof BackfillEvent.RunResumed) {
      resumed.countDown();
    }
  }

  private static void await(CountDownLatch latch) throws InterruptedException {
    assertThat(latch.await(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
  }

  private RunStatus status() {
    return Backfills.on(database.dataSource()).list().get(0);
  }

  @Test
  void othersSeeHowFarARunIsAndWhatItWaitsFor() throws Exception {
    try (BackfillRun run = slowly().on(database.dataSource()).start()) {
      await(firstBatch);
      Awaitility.await().atMost(PATIENCE).until(() -> status().fraction() > 0);
      Awaitility.await().atMost(PATIENCE).until(() -> status().remaining().isPresent());
      run.pause();
      Awaitility.await()
          .atMost(PATIENCE)
          .until(() -> status().waitingFor().filter(w -> w.contains("paused")).isPresent());
      assertThat(status().fraction()).isBetween(0.0, 1.0);
      assertThat(status().waitingSince()).isPresent();
    }
    assertThat(status().remaining()).isEmpty();
    assertThat(status().waitingFor()).isEmpty();

    assertThat(statusCode().on(database.dataSource()).run().state()).isEqualTo(RunState.DONE);
    assertThat(status().fraction()).isEqualTo(1);
    assertThat(Backfills.on(database.dataSource()).history(RUN))
        .extracting(RunEvent::kind)
        .startsWith("done", "phase")
        .contains("resumed", "stopped")
        .endsWith("started");
  }

  @Test
  void whatAnOwnerThatWasKilledWaitedForIsNotShown() throws Exception {
    assertThat(statusCode().contract(Contract.MANUAL).on(database.dataSource()).run().state())
        .isEqualTo(RunState.AWAITING_APPROVAL);
    database.execute(
        "update backfill.run set state = 'RUNNING', owner = 'gone', lease_until = now() - interval '1"
            + " s', waiting_for = 'a standby', waiting_since = now(), remaining = '1 min'");
    assertThat(status().alive()).isFalse();
    assertThat(status().waitingFor()).isEmpty();
    assertThat(status().waitingSince()).isEmpty();
    assertThat(status().remaining()).isEmpty();
  }

  private static BackfillResult end(BackfillRun run) throws InterruptedException {
    return run.await(PATIENCE).orElseThrow();
  }

  @ParameterizedTest
  @EnumSource
  void aRunIsPausedAndGoesOn(Way way) throws Exception {
    UpdateAudit audit = UpdateAudit.install(database, "orders", "status_code");
    try (BackfillRun run = slowly().on(database.dataSource()).start()) {
      await(firstBatch);
      way.pause(database, run);
      await(paused);
      assertThat(run.progress().state()).isEqualTo(RunState.PAUSED);
      assertThat(run.progress().waitingFor())
          .hasValueSatisfying(
              reason -> assertThat(reason).contains(way == Way.HANDLE ? "handle" : "operator"));
      assertThat(status().alive()).isTrue();

      way.resume(database, run);
      await(resumed);
      Backfills.on(database.dataSource()).retune(RUN, "rows-per-second", 1_000_000);
      assertThat(end(run).state()).isEqualTo(RunState.DONE);
    }
    audit.assertEachRowOnce(ROWS);
  }

  @ParameterizedTest
  @EnumSource
  void aRunIsStoppedAndStartedAgain(Way way) throws Exception {
    UpdateAudit audit = UpdateAudit.install(database, "orders", "status_code");
    try (BackfillRun run = slowly().on(database.dataSource()).start()) {
      await(firstBatch);
      way.stop(database, run);
      BackfillResult stopped = end(run);
      assertThat(stopped.state()).isEqualTo(RunState.STOPPED);
      assertThat(stopped.rows()).isEqualTo(audit.updates()).isPositive();
    }
    assertThat(status())
        .satisfies(
            run -> {
              assertThat(run.state()).isEqualTo(RunState.STOPPED);
              assertThat(run.owner()).isEmpty();
              assertThat(run.alive()).isFalse();
              // It stands until the next start, for those who wait for the lease.
              assertThat(run.requestedAction())
                  .isEqualTo(way == Way.HANDLE ? Optional.empty() : Optional.of("stop"));
            });

    assertThat(statusCode().on(database.dataSource()).run().state()).isEqualTo(RunState.DONE);
    audit.assertEachRowOnce(ROWS);
  }

  @Test
  void aPausedRunIsStopped() throws Exception {
    try (BackfillRun run = slowly().on(database.dataSource()).start()) {
      await(firstBatch);
      run.pause();
      await(paused);
      run.stop();
      assertThat(end(run).state()).isEqualTo(RunState.STOPPED);
    }
  }

  @Test
  void aPauseByAnOperatorOutlivesARestart() throws Exception {
    try (BackfillRun run = slowly().on(database.dataSource()).start()) {
      await(firstBatch);
      Backfills.on(database.dataSource()).pause(RUN);
      await(paused);
      run.stop();
      end(run);
    }
    long filled = database.queryLong("select count(status_code) from orders");
    CountDownLatch heldAgain = new CountDownLatch(1);
    try (BackfillRun again =
        statusCode()
            .listener(
                event -> {
                  if (event instanceof BackfillEvent.RunPaused) {
                    heldAgain.countDown();
                  }
                })
            .on(database.dataSource())
            .start()) {
      await(heldAgain);
      // It was held before its first batch, so there is nothing that could still write.
      assertThat(database.queryLong("select count(status_code) from orders")).isEqualTo(filled);

      Backfills.on(database.dataSource()).resume(RUN);
      assertThat(end(again).state()).isEqualTo(RunState.DONE);
    }
  }

  @ParameterizedTest(name = "E2: the contract waits for its approval, by {0}")
  @EnumSource(names = {"CALL", "SQL"})
  void theContractWaitsForItsApproval(Way way) {
    BackfillBuilder manual = statusCode().contract(Contract.manual());

    BackfillResult waiting = manual.on(database.dataSource()).run();
    assertThat(waiting.state()).isEqualTo(RunState.AWAITING_APPROVAL);
    assertThat(waiting.phase()).isEqualTo(Phase.CONTRACT);
    assertThat(waiting.notNull()).isFalse();
    assertThat(manual.on(database.dataSource()).run().state())
        .as("not approved yet")
        .isEqualTo(RunState.AWAITING_APPROVAL);
    // Old code that still writes NULL: what contract(manual()) is for.
    database.execute("update orders set status_code = null where id = 5");

    if (way == Way.CALL) {
      Backfills.on(database.dataSource()).approveContract(RUN);
    } else {
      assertThat(
              database.update(
                  "update backfill.run set contract_approved = true where name = ?", RUN))
          .isEqualTo(1);
    }
    BackfillResult done = manual.on(database.dataSource()).run();
    assertThat(done.state()).isEqualTo(RunState.DONE);
    assertThat(done.notNull()).isTrue();
    assertThat(database.queryLong("select count(*) from orders where status_code is null"))
        .isZero();
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  @DisplayName("a validation that reads the table for long is cancelled by pause and stop")
  void validationIsCancelled(boolean stop) throws Exception {
    validationsLast();
    try (BackfillRun run = statusCode().on(database.dataSource()).start()) {
      Awaitility.await()
          .atMost(PATIENCE)
          .until(() -> database.queryLong(VALIDATING) > 0 || run.completion().isDone());
      if (stop) {
        run.stop();
        assertThat(end(run).state()).isEqualTo(RunState.STOPPED);
      } else {
        run.pause();
        Awaitility.await().atMost(PATIENCE).until(() -> database.queryLong(VALIDATING) == 0);
        assertThat(run.completion()).isNotDone();
      }
      database.execute("alter event trigger lasting disable");
      run.resume();
      BackfillResult done = stop ? statusCode().on(database.dataSource()).run() : end(run);
      assertThat(done.notNull()).isTrue();
    } finally {
      database.execute("drop event trigger lasting", "drop function last");
    }
  }

  private static final String VALIDATING =
      "select count(*) from pg_stat_activity where wait_event = 'PgSleep' and query like '%validate%'";

  private void validationsLast() {
    database.execute(
        "create or replace function last() returns event_trigger language plpgsql as $$ begin"
            + " if current_query() ilike '%validate constraint%' then perform pg_sleep(3600); end if;"
            + " end $$",
        "create event trigger lasting on ddl_command_start when tag in ('ALTER TABLE')"
            + " execute function last()");
  }

  @Test
  @DisplayName("a column that was dropped after its run is not taken for complete")
  void aColumnThatWasDroppedIsSeen() {
    BackfillResult done = statusCode().on(database.dataSource()).run();
    assertThat(done.notNull()).isTrue();
    database.execute("alter table orders alter status_code drop not null");
    assertThat(statusCode().on(database.dataSource()).run().notNull()).isFalse();

    database.execute("alter table orders drop column status_code cascade");
    assertThatThrownBy(() -> statusCode().on(database.dataSource()).run())
        .isInstanceOf(RunMismatchException.class)
        .hasMessageContaining("somebody has dropped it since")
        .hasMessageContaining("DELETE FROM \"backfill\".\"run\" WHERE name = '" + RUN + "'");

    database.execute("delete from backfill.run where name = '" + RUN + "'");
    assertThat(statusCode().on(database.dataSource()).run().notNull()).isTrue();
  }

  @Test
  @DisplayName("a request for a run that is not there is refused, with where to look")
  void unknownRun() {
    statusCode().on(database.dataSource()).run();
    Backfills operators = Backfills.on(database.dataSource());

    assertThatThrownBy(() -> operators.pause("public.orders.other"))
        .isInstanceOf(BackfillException.class)
        .hasMessageContaining("public.orders.other")
        .hasMessageContaining("list()");
    assertThatThrownBy(() -> operators.approveContract("nope"))
        .isInstanceOf(BackfillException.class);
    assertThatThrownBy(() -> operators.retune(RUN, "workers", 0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("workers");
  }

  @Test
  void beforeAnyRunTheListIsEmpty() {
    assertThat(Backfills.on(database.dataSource()).list()).isEmpty();
  }

  @Test
  @DisplayName("a stop also stops the node that waits for the lease")
  void stopReachesTheWaitingNode() throws Exception {
    CountDownLatch waiting = new CountDownLatch(1);
    try (BackfillRun owner = slowly().on(database.dataSource()).start()) {
      await(firstBatch);
      try (BackfillRun other =
          slowly()
              .listener(
                  event -> {
                    if (event instanceof BackfillEvent.WaitingForOwner) {
                      waiting.countDown();
                    }
                  })
              .on(database.dataSource())
              .start()) {
        await(waiting);
        Backfills.on(database.dataSource()).stop(RUN);

        assertThat(owner.await(PATIENCE))
            .hasValueSatisfying(r -> assertThat(r.state()).isEqualTo(RunState.STOPPED));
        assertThat(other.await(PATIENCE))
            .hasValueSatisfying(r -> assertThat(r.state()).isEqualTo(RunState.STOPPED));
      }
    }
    assertThat(database.queryLong("select epoch from backfill.run")).isOne();
    assertThat(statusCode().on(database.dataSource()).run().state()).isEqualTo(RunState.DONE);
  }

  @Test
  void beforeTheFirstRunThereIsNothingToAskFor() {
    Backfills operators = Backfills.on(database.dataSource());

    assertThatThrownBy(() -> operators.pause(RUN))
        .isInstanceOf(BackfillException.class)
        .hasMessageContaining("no run named");
    assertThatThrownBy(() -> operators.approveContract(RUN))
        .isInstanceOf(BackfillException.class)
        .hasMessageContaining("no run named");
  }
}
