package dev.backfill;

import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariDataSource;
import dev.backfill.model.BackfillResult;
import dev.backfill.model.BatchSize;
import dev.backfill.model.RunState;
import dev.backfill.model.Timeouts;
import dev.backfill.testing.LockHolder;
import dev.backfill.testing.PostgresTest;
import dev.backfill.testing.TestDatabase;
import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** How large the state grows while a snapshot keeps every old version of its rows. */
@PostgresTest
@Tag("long")
class HeldSnapshotIT {
  private static final int PAGE = 8192;
  private static final int BATCH = 10;
  private static final int ROWS_PER_SECOND = 500;

  /** What docs/operations.md promises: heap and index of run_window, for each batch. */
  private static final long BYTES_PER_BATCH = 300;

  /** Acquiring, releasing and the phases change what the index of open runs looks at. */
  private static final long CHANGES_OF_STATE = 12;

  private static final Duration PATIENCE = Duration.ofMinutes(2);

  TestDatabase database;

  @BeforeEach
  void fresh() {
    database.execute("drop schema if exists backfill cascade");
  }

  @Test
  @DisplayName("S10: without a snapshot the state stays within some pages")
  void withoutASnapshot() {
    fill("calm", Duration.ofSeconds(10));

    assertThat(bytes("run_window")).isLessThanOrEqualTo(8 * PAGE);
    assertThat(bytes("run")).isLessThanOrEqualTo(8 * PAGE);
  }

  @Test
  @DisplayName("S10: under a snapshot a batch leaves less than 300 bytes, which are used again")
  void underASnapshot() {
    holdFor(Duration.ofSeconds(10));
  }

  @Test
  @Tag("slow")
  @DisplayName("S10: the same for an hour, or as long as -Dbackfill.test.snapshot says")
  void underASnapshotOfAnHour() {
    holdFor(Duration.parse(System.getProperty("backfill.test.snapshot", "PT1H")));
  }

  private void holdFor(Duration time) {
    try (LockHolder reader = LockHolder.snapshot(database)) {
      fill("held", time);
      assertThat(reader.isAlive()).isTrue();
    }
    long batches = database.queryLong("select sum(batches) from backfill.run_window");
    assertThat(batches).isGreaterThanOrEqualTo(time.toSeconds() * ROWS_PER_SECOND / BATCH);
    awaitReported("run_window", batches);
    assertOnlyFullPagesMoveRows("run_window");
    assertOnlyFullPagesMoveRows("run");
    // Else the snapshot held nothing back, and this shows nothing.
    assertThat(heapPages("run_window")).isGreaterThan(batches * 100 / PAGE);
    assertThat(bytes("run_window")).isLessThan(batches * BYTES_PER_BATCH + 8 * PAGE);

    database.execute("vacuum backfill.run, backfill.run_window");
    long windows = bytes("run_window");
    long runs = bytes("run");
    fill("freed", Duration.ofSeconds(10));
    assertThat(bytes("run_window")).isEqualTo(windows);
    assertThat(bytes("run")).isEqualTo(runs);
  }

  /** Takes at least so long, with a heartbeat every third of a second. */
  private void fill(String table, Duration time) {
    database.execute("drop table if exists " + table);
    database.ordersTable(table, (int) time.toSeconds() * ROWS_PER_SECOND);
    try (HikariDataSource pool = database.pool(4)) {
      BackfillResult result =
          Backfill.column(table, "status_code")
              .type("varchar(32)")
              .value("case when shipped_at is null then 'pending' else 'shipped' end")
              .batchSize(BatchSize.fixed(BATCH))
              .unthrottled()
              .maxRowsPerSecond(ROWS_PER_SECOND)
              .timeouts(Timeouts.defaults().withLease(Duration.ofSeconds(1)))
              .on(pool)
              .run();
      assertThat(result.state()).isEqualTo(RunState.DONE);
    }
  }

  /**
   * An update is not HOT when its page is full of versions that the snapshot may see; then it
   * begins another page.
   */
  private void assertOnlyFullPagesMoveRows(String table) {
    long moved =
        database.queryLong(
            "select n_tup_upd - n_tup_hot_upd from pg_stat_user_tables"
                + " where schemaname = 'backfill' and relname = ?",
            table);
    assertThat(moved).as(table).isLessThanOrEqualTo(heapPages(table) + CHANGES_OF_STATE);
  }

  /** A session reports what it counted at its end, to a collector before PostgreSQL 15. */
  private void awaitReported(String table, long updates) {
    Awaitility.await()
        .atMost(PATIENCE)
        .until(
            () ->
                database.queryLong(
                        "select n_tup_upd from pg_stat_user_tables"
                            + " where schemaname = 'backfill' and relname = ?",
                        table)
                    >= updates);
  }

  private long heapPages(String table) {
    return database.queryLong("select pg_relation_size('backfill." + table + "')") / PAGE;
  }

  /** Without free space map and visibility map, which have sizes of their own. */
  private long bytes(String table) {
    return database.queryLong(
        "select sum(pg_relation_size(oid)) from pg_class"
            + " where oid = 'backfill.%1$s'::regclass or oid in".formatted(table)
            + " (select indexrelid from pg_index where indrelid = 'backfill.%s'::regclass)"
                .formatted(table));
  }
}
