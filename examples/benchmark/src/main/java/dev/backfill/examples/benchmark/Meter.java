package dev.backfill.examples.benchmark;

import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import javax.sql.DataSource;

/** Lets a contender fill a fresh table and takes its figures. */
final class Meter {
  private static final Duration STATISTICS_DEADLINE = Duration.ofSeconds(10);

  private final FreshTables tables;
  private final DataSource dataSource;
  private final Company company;

  Meter(FreshTables tables, Company company) {
    this.tables = tables;
    this.dataSource = company.server().dataSource();
    this.company = company;
  }

  Sample measure(Contender contender, BenchTable table)
      throws SQLException, InterruptedException, ExecutionException {
    tables.create(table);
    TableFigures before = TableFigures.of(dataSource, table);
    Duration duration;
    long wal;
    double cpuSeconds;
    long peakHeapBytes;
    Beside.Felt felt;
    try (Beside beside = Beside.start(company, table)) {
      ClientUsage usage = ClientUsage.start();
      long walBefore = walBytes();
      long start = System.nanoTime();
      contender.fill(dataSource, table);
      duration = Duration.ofNanos(System.nanoTime() - start);
      wal = walBytes() - walBefore;
      cpuSeconds = usage.cpuSeconds();
      peakHeapBytes = usage.peakHeapBytes();
      felt = beside.stop();
    }
    FilledRows rows = FilledRows.of(dataSource, table);
    if (rows.wrong() > 0) {
      throw new IllegalStateException(
          contender.name() + " filled " + rows.wrong() + " rows of " + table.name() + " wrong");
    }
    TableFigures after = figuresWith(table, rows.right());
    return new Sample(rows, duration, wal, before, after, cpuSeconds, peakHeapBytes, felt);
  }

  private long walBytes() throws SQLException {
    // The insert position: behind it, an asynchronous commit's last records are not yet written.
    return Sql.number(dataSource, "SELECT pg_current_wal_insert_lsn() - '0/0'::pg_lsn");
  }

  private TableFigures figuresWith(BenchTable table, long updates)
      throws SQLException, InterruptedException {
    // A table as fresh as this starts at zero; its sessions report when they end, soon after.
    long deadline = System.nanoTime() + STATISTICS_DEADLINE.toNanos();
    TableFigures figures = TableFigures.of(dataSource, table);
    while (figures.updates() < updates && System.nanoTime() < deadline) {
      Thread.sleep(50);
      figures = TableFigures.of(dataSource, table);
    }
    return figures;
  }
}
