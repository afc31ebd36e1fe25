package dev.backfill;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.backfill.event.BackfillEvent;
import dev.backfill.model.BackfillResult;
import dev.backfill.model.BatchSize;
import dev.backfill.model.Contract;
import dev.backfill.model.RunFailedException;
import dev.backfill.model.RunState;
import dev.backfill.model.Stripes;
import dev.backfill.testing.LockHolder;
import dev.backfill.testing.PostgresTest;
import dev.backfill.testing.TestDatabase;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.postgresql.ds.PGSimpleDataSource;

@PostgresTest
class IndexUseIT {
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  TestDatabase database;

  @BeforeEach
  void clean() {
    database.execute(
        "drop schema if exists backfill cascade",
        "drop table if exists orders cascade",
        "drop table if exists parted cascade");
  }

  @Test
  @DisplayName("T5: each leaf's key range is an index condition, and no leaf is ever scanned")
  void noLeafIsScanned() {
    int rows = 60_000;
    database.execute(
        "create table parted (region int, id bigint, n int not null, filler text,"
            + " primary key (region, id)) partition by list (region)",
        "create table parted_1 partition of parted for values in (1)",
        "create table parted_2 partition of parted for values in (2)",
        "insert into parted select 1 + n % 2, n, n, repeat('x', 200)"
            + " from generate_series(1, "
            + rows
            + ") n",
        "vacuum analyze parted");
    List<String> sent = new CopyOnWriteArrayList<>();
    PGSimpleDataSource sessions = database.unpooled();
    sessions.setApplicationName("measured");

    BackfillResult result =
        Backfill.column("parted", "twice")
            .type("bigint")
            .value("n * 2")
            .workers(2)
            .batchSize(BatchSize.fixed(500))
            // The proof that no NULL remains reads every page, once, and is not part of this.
            .contract(Contract.manual())
            .on(RecordingDataSource.of(sessions, sent::add))
            .run();

    assertThat(result.rows()).isEqualTo(rows);
    for (String leaf : List.of("\"public\".\"parted_1\"", "\"public\".\"parted_2\"")) {
      assertThat(sent).anyMatch(sql -> sql.startsWith("explain") && sql.contains(leaf));
    }
    awaitReported("parted_1", rows / 2);
    awaitReported("parted_2", rows / 2);
    assertThat(
            database.queryStrings(
                // Creating a leaf's index was a scan too, of no row.
                "select relname || ': ' || seq_tup_read from pg_stat_user_tables"
                    + " where relname like 'parted_%' and seq_tup_read > 0"))
        .isEmpty();
  }

  @Test
  void aPassReadsTheRowsOfItsStripeAloneWhereTheServerLooksUpListsWell() {
    int rows = 40_000;
    database.ordersTable(rows);

    Backfill.column("orders", "filled")
        .type("text")
        .value("note")
        .stripes(Stripes.of(8))
        .batchSize(BatchSize.fixed(500))
        .contract(Contract.none())
        .on(database.dataSource())
        .run();

    awaitReported("orders", rows);
    long read =
        database.queryLong(
            "select idx_tup_fetch from pg_stat_user_tables where relname = 'orders'");
    if (database.serverMajor() >= 17) {
      // Its first batch has no key in front of it to count from.
      assertThat(read).isLessThan(2L * rows);
    } else {
      assertThat(read).isGreaterThan(4L * rows);
    }
  }

  private void awaitReported(String table, long updates) {
    Awaitility.await()
        .atMost(PATIENCE)
        .until(
            () ->
                database.queryLong(
                        "select n_tup_upd from pg_stat_user_tables where relname = ?", table)
                    == updates);
  }

  @Test
  @DisplayName("T5: a server that would not use the index is refused before the first batch")
  void noIndexCondition() {
    database.ordersTable(80_000);
    PGSimpleDataSource misled =
        database.unpooledWith(
            "enable_indexscan = off", "enable_indexonlyscan = off", "enable_bitmapscan = off");

    assertThatThrownBy(
            () -> Backfill.column("orders", "filled").type("text").value("note").on(misled).run())
        .isInstanceOf(RunFailedException.class)
        .hasMessageContaining("no index condition")
        .hasMessageContaining("Plan: ")
        .hasMessageContaining("(id)");
    assertThat(database.queryLong("select count(filled) from orders")).isZero();
    assertThat(database.queryLong("select count(*) from backfill.run_window")).isZero();
  }

  @Test
  void aForeignSnapshotThatKeepsUpdatesFromBeingHotIsNamed() {
    database.ordersTable(40_000);
    List<BackfillEvent.HotShareLow> low = new CopyOnWriteArrayList<>();
    BackfillResult result;
    try (LockHolder holder = LockHolder.snapshot(database)) {
      result =
          Backfill.column("orders", "filled")
              .type("text")
              .value("note")
              .batchSize(BatchSize.fixed(500))
              .listener(
                  event -> {
                    if (event instanceof BackfillEvent.HotShareLow e) {
                      low.add(e);
                    }
                  })
              .on(database.dataSource())
              .run();
      assertThat(low).isNotEmpty();
      assertThat(low.get(0).hotShare()).isLessThan(0.5);
      assertThat(low.get(0).reaction())
          .contains("the next windows have 400000 rows")
          .contains("session " + holder.pid() + " holder");
    }
    assertThat(result.state()).isEqualTo(RunState.DONE);
  }
}
