package dev.backfill.examples.benchmark;

import java.sql.SQLException;
import java.time.Duration;
import javax.sql.DataSource;

/** Lets a contender fill a fresh table and takes its figures. */
final class Meter {
  private static final Duration STATISTICS_DEADLINE = Duration.ofSeconds(10);

  private final DataSource dataSource;

  Meter(DataSource dataSource) {
    this.dataSource = dataSource;
  }

  Sample measure(Contender contender, BenchTable table) throws SQLException, InterruptedException {
    table.createFresh(dataSource);
    long heapBefore = heapBytes();
    long indexesBefore = indexBytes();
    long walBefore = walBytes();
    long start = System.nanoTime();
    contender.fill(dataSource, table);
    Duration duration = Duration.ofNanos(System.nanoTime() - start);
    long wal = walBytes() - walBefore;
    double heapRatio = (double) heapBytes() / heapBefore;
    double indexRatio = (double) indexBytes() / indexesBefore;
    long rows = Sql.number(dataSource, "SELECT count(status_code) FROM orders");
    return new Sample(rows, duration, wal, heapRatio, indexRatio, hotShare(rows));
  }

  private long heapBytes() throws SQLException {
    return Sql.number(dataSource, "SELECT pg_relation_size('orders')");
  }

  private long indexBytes() throws SQLException {
    return Sql.number(dataSource, "SELECT pg_indexes_size('orders')");
  }

  private long walBytes() throws SQLException {
    // The insert position: behind it, an asynchronous commit's last records are not yet written.
    return Sql.number(dataSource, "SELECT pg_current_wal_insert_lsn() - '0/0'::pg_lsn");
  }

  private double hotShare(long rows) throws SQLException, InterruptedException {
    // A table as fresh as this starts at zero; its sessions report when they end, soon after.
    long deadline = System.nanoTime() + STATISTICS_DEADLINE.toNanos();
    while (updates("n_tup_upd") < rows && System.nanoTime() < deadline) {
      Thread.sleep(50);
    }
    return (double) updates("n_tup_hot_upd") / Math.max(1, updates("n_tup_upd"));
  }

  private long updates(String counter) throws SQLException {
    return Sql.number(
        dataSource,
        "SELECT " + counter + " FROM pg_stat_user_tables WHERE relid = 'orders'::regclass");
  }
}
