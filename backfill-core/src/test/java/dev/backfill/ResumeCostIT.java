package dev.backfill;

import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariDataSource;
import dev.backfill.event.BackfillEvent;
import dev.backfill.model.BatchSize;
import dev.backfill.model.Contract;
import dev.backfill.model.Phase;
import dev.backfill.model.RunState;
import dev.backfill.model.ScanOrder;
import dev.backfill.testing.PostgresTest;
import dev.backfill.testing.TestDatabase;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Predicate;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a run reads that goes on where another one was stopped. */
@PostgresTest
@Tag("long")
class ResumeCostIT {
  private static final int SMALL = 5_000;
  private static final int LARGE = 100_000;
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  TestDatabase database;

  /** Rows and pages that were read of a table, its partitions and their indexes. */
  private record Read(long rows, long pages) {}

  /** What was read up to the first batch, and from there to the end of all batches. */
  private record Resumed(Read start, Read rest) {
    long rows() {
      return start.rows() + rest.rows();
    }
  }

  @BeforeEach
  void fresh() {
    database.execute("drop schema if exists backfill cascade", "drop table if exists big, tiny");
  }

  @ParameterizedTest(
      name = "C1: a resumed run reads what is left, not what is done ({0} order, {1} partitions)")
  @CsvSource({"key, 0", "key, 4", "physical, 0", "physical, 4"})
  void readsWhatIsLeft(String order, int partitions) {
    Resumed small = resumedAtNineTenths("tiny", SMALL, order, partitions);
    Resumed large = resumedAtNineTenths("big", LARGE, order, partitions);

    String both = "small: %s, large: %s".formatted(small, large);
    assertThat(large.start().rows()).as(both).isLessThan(small.start().rows() * 3 / 2);
    // One more level of an index, at most, for each look into it.
    assertThat(large.start().pages()).as(both).isLessThan(small.start().pages() * 3 / 2);
    assertThat(small.rows()).as(both).isLessThan(mostRows(SMALL, order, partitions));
    assertThat(large.rows()).as(both).isLessThan(mostRows(LARGE, order, partitions));
  }

  /** Of eight passes the last is left, or of the last partition's the last four. */
  private static long mostRows(int rows, String order, int partitions) {
    long left = partitions == 0 ? rows : 4L * rows / partitions;
    // A key's index entry and its row are read for the end of the batch, and again to fill it.
    return (order.equals("key") ? 4 : 2) * left;
  }

  private Resumed resumedAtNineTenths(String table, int rows, String order, int partitions) {
    create(table, rows, partitions);
    long[] filled = {0};
    runUntil(
        table,
        order,
        event -> {
          if (event instanceof BackfillEvent.BatchCommitted batch) {
            filled[0] += batch.rows();
          }
          return filled[0] >= rows * 9L / 10;
        });
    long before = filled(table);
    assertThat(before).isBetween(rows * 9L / 10, rows * 95L / 100);

    resetCounters(table);
    runUntil(table, order, BackfillEvent.BatchCommitted.class::isInstance);
    Read start = read(table, filled(table) - before);

    before = filled(table);
    resetCounters(table);
    runUntil(
        table,
        order,
        event ->
            event instanceof BackfillEvent.PhaseChanged changed
                && changed.phase() == Phase.CONTRACT);
    assertThat(filled(table)).isEqualTo(rows);
    return new Resumed(start, read(table, rows - before));
  }

  private void create(String table, int rows, int partitions) {
    String columns = table + " (id bigint primary key, n int not null, filler text)";
    String options = " with (autovacuum_enabled = off)";
    if (partitions == 0) {
      database.execute("create table " + columns + options);
    } else {
      database.execute("create table " + columns + " partition by range (id)");
    }
    for (int i = 0; i < partitions; i++) {
      database.execute(
          "create table %1$s_%2$d partition of %1$s for values from (%3$d) to (%4$d)%5$s"
              .formatted(
                  table, i, rows / partitions * i + 1, rows / partitions * (i + 1) + 1, options));
    }
    database.execute(
        "insert into %s select i, i, md5(i::text) from generate_series(1, %d) i"
            .formatted(table, rows),
        "vacuum analyze " + table);
  }

  /** Runs until an event, and in sessions that end with it. */
  private void runUntil(String table, String order, Predicate<BackfillEvent> enough) {
    CompletableFuture<BackfillRun> handle = new CompletableFuture<>();
    try (HikariDataSource pool = database.pool(3);
        BackfillRun run =
            Backfill.column(table, "twice")
                .type("int")
                .value("n * 2")
                .order(order.equals("key") ? ScanOrder.key() : ScanOrder.physical())
                .batchSize(BatchSize.fixed(20))
                .contract(Contract.none())
                .unthrottled()
                .listener(
                    event -> {
                      if (enough.test(event)) {
                        handle.join().stop();
                      }
                    })
                .on(pool)
                .start()) {
      handle.complete(run);
      assertThat(run.completion().join().state()).isEqualTo(RunState.STOPPED);
    }
    Awaitility.await()
        .atMost(PATIENCE)
        .until(
            () ->
                database.queryLong(
                        "select count(*) from pg_stat_activity where application_name = 'app'"
                            + " and datname = current_database()")
                    == 0);
  }

  private long filled(String table) {
    return database.queryLong(
        "select coalesce(sum(rows), 0) from backfill.run_window where run = ?",
        "public." + table + ".twice");
  }

  private void resetCounters(String table) {
    List<String> unused =
        database.queryStrings(
            "select pg_stat_reset_single_table_counters(oid) from pg_class"
                + " where relkind in ('r', 'i') and relname ~ ?",
            "^" + table + "(_|$)");
    assertThat(unused).isNotEmpty();
  }

  /** Before PostgreSQL 15 a collector takes what sessions report at their end, some time later. */
  private Read read(String table, long updates) {
    Awaitility.await()
        .atMost(PATIENCE)
        .until(() -> statistics("sum(n_tup_upd)", "pg_stat_user_tables", table) == updates);
    return new Read(
        statistics("sum(seq_tup_read + coalesce(idx_tup_fetch, 0))", "pg_stat_user_tables", table)
            + statistics("sum(idx_tup_read)", "pg_stat_user_indexes", table),
        statistics(
            "sum(heap_blks_read + heap_blks_hit + idx_blks_read + idx_blks_hit)",
            "pg_statio_user_tables",
            table));
  }

  private long statistics(String what, String view, String table) {
    return database.queryLong(
        "select %s from %s where relname ~ ?".formatted(what, view), "^" + table + "(_|$)");
  }
}
