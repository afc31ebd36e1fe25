package dev.backfill;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.backfill.event.BackfillEvent;
import dev.backfill.event.BackfillListener;
import dev.backfill.model.BackfillResult;
import dev.backfill.model.BadRowException;
import dev.backfill.model.BadRows;
import dev.backfill.model.BatchSize;
import dev.backfill.model.Contract;
import dev.backfill.model.NewRows;
import dev.backfill.model.Phase;
import dev.backfill.model.RetryPolicy;
import dev.backfill.model.RunState;
import dev.backfill.model.ScanOrder;
import dev.backfill.testing.LockHolder;
import dev.backfill.testing.PostgresTest;
import dev.backfill.testing.TestDatabase;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import javax.sql.DataSource;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/** Tables that somebody locks as a whole while they are being filled. */
@PostgresTest
class LockedTablesIT {
  private static final Duration PATIENCE = Duration.ofMinutes(2);
  // What waits for the lock must not be counted among the attempts.
  private static final RetryPolicy TWO_ATTEMPTS =
      new RetryPolicy(2, Duration.ofMillis(50), Duration.ofMillis(50));

  TestDatabase database;

  private final AtomicReference<LockHolder> holder = new AtomicReference<>();
  private final List<BackfillEvent.TableLocked> told = new CopyOnWriteArrayList<>();

  @BeforeEach
  void parts() {
    database.execute(
        "drop schema if exists backfill cascade",
        "drop table if exists parts cascade",
        "create table parts (id bigint primary key, a int) partition by range (id)",
        "create table parts_1 partition of parts for values from (0) to (2000)",
        "create table parts_2 partition of parts for values from (2000) to (4000)",
        "insert into parts select g, g from generate_series(1, 3999) g");
  }

  private BackfillBuilder filled(String lockedAfterTheFirstBatch) {
    return Backfill.column("parts", "filled")
        .type("int")
        .value("a")
        .newRows(NewRows.application())
        .batchSize(BatchSize.fixed(100))
        .retry(TWO_ATTEMPTS)
        .listener(lockOnce(lockedAfterTheFirstBatch));
  }

  private BackfillListener lockOnce(String table) {
    return event -> {
      if (event instanceof BackfillEvent.BatchCommitted && holder.get() == null) {
        holder.set(LockHolder.table(database, table, "ACCESS EXCLUSIVE"));
      } else if (event instanceof BackfillEvent.TableLocked locked) {
        told.add(locked);
      }
    };
  }

  private void awaitNamed(BackfillRun run) {
    await("the holder to be named")
        .atMost(PATIENCE)
        .until(
            () ->
                holder.get() != null
                    && run.progress()
                        .waitingFor()
                        .filter(reason -> reason.contains("pid " + holder.get().pid()))
                        .isPresent());
  }

  private void assertAllFilled(BackfillRun run) throws InterruptedException {
    assertThat(run.await(PATIENCE))
        .hasValueSatisfying(r -> assertThat(r.state()).isEqualTo(RunState.DONE));
    assertThat(run.progress().waitingFor()).isEmpty();
    assertThat(database.queryLong("select count(*) from parts where filled = a")).isEqualTo(3_999);
  }

  @Test
  @DisplayName("a run waits for a partition that is locked while it looks for the next window")
  void nextWindow() throws Exception {
    try (BackfillRun run = filled("parts_2").on(database.dataSource()).start()) {
      awaitNamed(run);
      holder.get().release();
      assertAllFilled(run);
    }
    assertThat(told).isNotEmpty();
  }

  @Test
  @DisplayName("a run waits for a table that is locked between two batches")
  void nextBatch() throws Exception {
    try (BackfillRun run = filled("parts_1").on(database.dataSource()).start()) {
      awaitNamed(run);
      holder.get().release();
      assertAllFilled(run);
    }
  }

  @Test
  @DisplayName(
      "a run whose value Java computes waits for a table that is locked, and names who has it")
  void nextBatchOfAFunction() throws Exception {
    BackfillBuilder computed =
        Backfill.column("parts", "filled")
            .type("int")
            .value(List.of("a"), row -> row.get("a", Integer.class))
            .newRows(NewRows.application())
            .batchSize(BatchSize.fixed(100))
            .retry(TWO_ATTEMPTS)
            .listener(lockOnce("parts_1"));
    try (BackfillRun run = computed.on(database.dataSource()).start()) {
      awaitNamed(run);
      holder.get().release();
      assertAllFilled(run);
    }
  }

  @Nested
  @DisplayName(
      "a run waits for a table that is locked while it looks for the key of a row that failed,")
  class KeyOfARow {
    private static final String BAD = "1500";

    private BackfillBuilder dividing() {
      return Backfill.column("parts", "filled")
          .type("int")
          .value("12 / (a + 1)")
          .newRows(NewRows.application())
          .contract(Contract.none())
          .batchSize(BatchSize.fixed(100))
          .retry(TWO_ATTEMPTS);
    }

    private void spoil() {
      database.execute("update parts set filled = null, a = -1 where id = " + BAD);
    }

    private void namesTheRow(BackfillBuilder builder, String lookingForTheKey) throws Exception {
      DataSource watched =
          RecordingDataSource.of(
              database.dataSource(),
              sql -> {
                if (sql.contains(lookingForTheKey) && holder.get() == null) {
                  holder.set(LockHolder.table(database, "parts_1", "ACCESS EXCLUSIVE"));
                }
              });
      try (BackfillRun run = builder.on(watched).start()) {
        awaitNamed(run);
        holder.get().release();
        assertThat(run.completion())
            .failsWithin(PATIENCE)
            .withThrowableThat()
            .withCauseInstanceOf(BadRowException.class)
            .withMessageContaining("[id] = [" + BAD + "]");
      }
    }

    @Test
    void byItsPlace() throws Exception {
      database.execute("update parts set a = -1 where id = " + BAD);
      namesTheRow(dividing().order(ScanOrder.PHYSICAL), ".ctid = cast(? as tid)");
    }

    @Test
    void inTheFinalSweep() throws Exception {
      namesTheRow(
          dividing()
              .listener(
                  event -> {
                    if (event instanceof BackfillEvent.PhaseChanged changed
                        && changed.phase() == Phase.CONTRACT) {
                      spoil();
                    }
                  }),
          "limit 2000");
    }
  }

  @Test
  @DisplayName("rows in quarantine are tried again once a table that is locked meanwhile is free")
  void quarantineRetry() throws Exception {
    database.execute("update parts set a = -1 where id in (7, 3000)");
    BackfillBuilder dividing =
        Backfill.column("parts", "filled")
            .type("int")
            .value("12 / (a + 1)")
            .newRows(NewRows.application())
            .badRows(BadRows.quarantine(10))
            .contract(Contract.none())
            .retry(TWO_ATTEMPTS);
    assertThat(dividing.on(database.dataSource()).run().quarantined()).isEqualTo(2);
    database.execute("update parts set a = 1 where id in (7, 3000)");
    CountDownLatch named = new CountDownLatch(1);
    BoundBackfill retried =
        dividing
            .listener(
                event -> {
                  if (event instanceof BackfillEvent.RunStarted) {
                    holder.set(LockHolder.table(database, "parts_1", "ACCESS EXCLUSIVE"));
                  } else if (event instanceof BackfillEvent.TableLocked) {
                    named.countDown();
                  }
                })
            .on(database.dataSource());
    CompletableFuture<BackfillResult> result =
        CompletableFuture.supplyAsync(() -> retriedQuarantined(retried));

    assertThat(named.await(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
    holder.get().release();

    assertThat(result)
        .succeedsWithin(PATIENCE)
        .satisfies(r -> assertThat(r.quarantined()).isZero());
    assertThat(database.queryLong("select count(*) from parts where filled is null")).isZero();
  }

  private static BackfillResult retriedQuarantined(BoundBackfill backfill) {
    try {
      return backfill.retryQuarantined();
    } catch (RuntimeException e) {
      throw e;
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  @DisplayName("a run that waits for a locked table is stopped")
  void stopped() throws Exception {
    try (BackfillRun run = filled("parts_2").on(database.dataSource()).start()) {
      awaitNamed(run);
      run.stop();
      BackfillResult result = run.await(PATIENCE).orElseThrow();
      assertThat(result.state()).isEqualTo(RunState.STOPPED);
    } finally {
      holder.get().release();
    }
  }
}
