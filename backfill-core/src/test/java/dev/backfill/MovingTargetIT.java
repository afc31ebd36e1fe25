package dev.backfill;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backfill.event.BackfillEvent;
import dev.backfill.model.BackfillResult;
import dev.backfill.model.BatchSize;
import dev.backfill.model.NewRows;
import dev.backfill.model.Phase;
import dev.backfill.model.Progress;
import dev.backfill.model.RunState;
import dev.backfill.testing.LockHolder;
import dev.backfill.testing.Operation;
import dev.backfill.testing.PostgresTest;
import dev.backfill.testing.TestDatabase;
import dev.backfill.testing.Traffic;
import dev.backfill.testing.UpdateAudit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@PostgresTest
class MovingTargetIT {
  private static final String VALUE =
      "case when shipped_at is null then 'pending' else 'shipped' end";

  TestDatabase database;

  @BeforeEach
  void orders() {
    database.execute(
        "drop schema if exists backfill cascade", "drop table if exists orders cascade");
    database.ordersTable(60_000);
  }

  private static BackfillBuilder statusCode() {
    return Backfill.column("orders", "status_code").type("text").value(VALUE);
  }

  @Test
  @DisplayName("T1, T3, D1, D8, E2: ends under inserts, moved keys and new code; every row right")
  void underTraffic() {
    UpdateAudit audit = UpdateAudit.install(database, "orders", "status_code");
    try (Traffic traffic = Traffic.on(database).weight(Operation.MOVE_KEY, 2).start()) {
      BackfillResult result =
          statusCode().workers(2).serverCores(64).on(database.dataSource()).run();
      assertThat(result.state()).isEqualTo(RunState.DONE);
      traffic.awaitEach(3);
      traffic.verify(VALUE);
    }
    audit.assertNoRowTwice();
  }

  @Test
  @DisplayName("T1: ends though each batch is outrun by inserts of twice its rows")
  void insertStorm() {
    BackfillResult result =
        statusCode()
            .batchSize(BatchSize.fixed(1_000))
            .listener(
                event -> {
                  if (event instanceof BackfillEvent.BatchCommitted batch) {
                    database.execute(
                        "insert into orders (customer_id, amount) select 1, 1"
                            + " from generate_series(1, "
                            + 2 * batch.rows()
                            + ")");
                  }
                })
            .on(database.dataSource())
            .run();
    assertThat(result.state()).isEqualTo(RunState.DONE);
    assertThat(result.rows()).isEqualTo(60_000);
    assertThat(database.queryLong("select count(status_code) from orders")).isEqualTo(180_000);
  }

  @Test
  @DisplayName("T3: keys that move behind and ahead of the run, which no trigger covers")
  void keysMoveWithoutCover() {
    AtomicInteger batches = new AtomicInteger();
    BackfillResult result =
        statusCode()
            .newRows(NewRows.application())
            .batchSize(BatchSize.fixed(500))
            .listener(
                event -> {
                  if (event instanceof BackfillEvent.BatchCommitted
                      && batches.incrementAndGet() == 10) {
                    // Beyond the bound, and behind whatever was filled.
                    database.execute(
                        "update orders set id = id + 1000000 where id between 100 and 200",
                        "update orders set id = -id where id between 50000 and 60000");
                  }
                })
            .on(database.dataSource())
            .run();
    assertThat(result.notNull()).isTrue();
    assertThat(
            database.queryLong(
                "select count(*) from orders where status_code is not distinct from " + VALUE))
        .isEqualTo(60_000);
    assertThat(database.queryLong("select swept_rows from backfill.run")).isPositive();
  }

  @Test
  @DisplayName("T8, T9: a first batch that meets locked rows is tried again from the very start")
  void firstBatchLocked() {
    AtomicReference<LockHolder> holder = new AtomicReference<>();
    BackfillResult result =
        statusCode()
            .listener(
                event -> {
                  if (event instanceof BackfillEvent.PhaseChanged changed
                      && changed.phase() == Phase.BACKFILL) {
                    holder.set(LockHolder.rows(database, "orders", "id <= 10"));
                  }
                  if (event instanceof BackfillEvent.BatchRetried) {
                    holder.get().release();
                  }
                })
            .on(database.dataSource())
            .run();
    assertThat(result.retries()).isPositive();
    assertThat(result.rows()).isEqualTo(60_000);
  }

  @Test
  @DisplayName("T9: an empty range in the middle is not the end")
  void emptyRange() {
    AtomicBoolean deleted = new AtomicBoolean();
    BackfillResult result =
        statusCode()
            .batchSize(BatchSize.fixed(500))
            .listener(
                event -> {
                  if (event instanceof BackfillEvent.BatchCommitted && !deleted.getAndSet(true)) {
                    database.execute("delete from orders where id between 20000 and 40000");
                  }
                })
            .on(database.dataSource())
            .run();
    assertThat(result.state()).isEqualTo(RunState.DONE);
    assertThat(database.queryLong("select count(*) from orders where status_code is null"))
        .isZero();
  }

  @Test
  @DisplayName("S8: progress never goes above the whole; a second start has nothing to do")
  void progress() throws InterruptedException {
    try (BackfillRun run =
        statusCode().batchSize(BatchSize.fixed(500)).on(database.dataSource()).start()) {
      while (run.await(java.time.Duration.ofMillis(1)).isEmpty()) {
        Progress now = run.progress();
        assertThat(now.fraction()).isBetween(0.0, 1.0);
      }
    }
    BackfillResult again = statusCode().on(database.dataSource()).run();
    assertThat(again.state()).isEqualTo(RunState.DONE);
    assertThat(again.rows()).isEqualTo(60_000);
  }

  @Test
  @DisplayName("C1: stopped in the middle and started again, each row is updated once")
  void stopAndResume() {
    UpdateAudit audit = UpdateAudit.install(database, "orders", "status_code");
    Backfills operators = Backfills.on(database.dataSource());
    AtomicBoolean stopped = new AtomicBoolean();
    BackfillResult first =
        statusCode()
            .batchSize(BatchSize.fixed(100))
            .maxRowsPerSecond(20_000)
            .listener(
                event -> {
                  if (event instanceof BackfillEvent.BatchCommitted && !stopped.getAndSet(true)) {
                    operators.stop("public.orders.status_code");
                  }
                })
            .on(database.dataSource())
            .run();
    assertThat(first.state()).isEqualTo(RunState.STOPPED);
    assertThat(first.rows()).isLessThan(60_000);
    assertThat(operators.list())
        .singleElement()
        .satisfies(run -> assertThat(run.state()).isEqualTo(RunState.STOPPED));

    BackfillResult second = statusCode().on(database.dataSource()).run();
    assertThat(second.state()).isEqualTo(RunState.DONE);
    audit.assertEachRowOnce(60_000);
  }

  @Test
  @DisplayName("D5: partitions two levels deep, one attached in mid-run")
  void partitions() {
    database.execute(
        "drop table if exists parted cascade",
        "create table parted (id bigint, region int, n int not null, primary key (id, region))"
            + " partition by list (region)",
        "create table parted_1 partition of parted for values in (1)",
        "create table parted_2 partition of parted for values in (2) partition by range (id)",
        "create table parted_2a partition of parted_2 for values from (0) to (5000)",
        "create table parted_2b partition of parted_2 for values from (5000) to (100000)",
        "insert into parted select n, 1 + n % 2, n from generate_series(1, 10000) n");
    AtomicBoolean attached = new AtomicBoolean();
    BackfillResult result =
        Backfill.column("parted", "filled")
            .type("bigint")
            .value("n * 2")
            .batchSize(BatchSize.fixed(200))
            .listener(
                event -> {
                  if (event instanceof BackfillEvent.BatchCommitted && !attached.getAndSet(true)) {
                    database.execute(
                        "create table parted_3 (id bigint not null, region int not null,"
                            + " n int not null, filled bigint)",
                        "insert into parted_3 select n, 3, n from generate_series(1, 100) n",
                        "alter table parted attach partition parted_3 for values in (3)");
                  }
                })
            .on(database.dataSource())
            .run();
    assertThat(result.notNull()).isTrue();
    assertThat(database.queryLong("select count(*) from parted where filled = n * 2"))
        .isEqualTo(10_100);
  }

  @Test
  @DisplayName("L8: a pool of two is enough, a pool of one is refused at once")
  void smallPools() {
    org.assertj.core.api.Assertions.assertThatThrownBy(
            () -> statusCode().on(database.pool(1)).run())
        .isInstanceOf(dev.backfill.model.PreflightException.class)
        .hasMessageContaining("one per worker and one that keeps its lease");
    assertThat(statusCode().on(database.pool(2)).run().state()).isEqualTo(RunState.DONE);
  }
}
