package dev.backfill.examples.benchmark;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import dev.backfill.Backfill;
import dev.backfill.event.BackfillEvent;
import dev.backfill.model.Contract;
import dev.backfill.model.NewRows;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryType;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.postgresql.ds.PGSimpleDataSource;

/** The library in a JVM of its own, which writes what it measured to its standard output. */
final class ScaleRun {
  private final List<Mark> marks = new ArrayList<>();
  private long rows;
  private long serverNanos;
  private long walBytes;

  private ScaleRun() {}

  /** How far the run was when a window was full. */
  record Mark(long nanos, long rows, long serverNanos, long walBytes) {}

  /** All marks, the first of them at the start, and the peak of the heap. */
  record Report(List<Mark> marks, long peakHeapBytes) {
    Report {
      marks = List.copyOf(marks);
    }
  }

  static Report inItsOwnJvm(PGSimpleDataSource database, int heapMegabytes, int workers)
      throws IOException, InterruptedException {
    Process jvm =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx" + heapMegabytes + "m",
                "-cp",
                System.getProperty("java.class.path"),
                ScaleRun.class.getName(),
                database.getUrl(),
                String.valueOf(database.getUser()),
                Integer.toString(workers))
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    String output = new String(jvm.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    int exit = jvm.waitFor();
    if (exit != 0) {
      throw new IllegalStateException("The library's JVM ended with " + exit + ": " + output);
    }
    return new ObjectMapper().readValue(output, Report.class);
  }

  /** Arguments: URL, user and number of workers. */
  public static void main(String[] args) throws Exception {
    Report report = new ScaleRun().fill(args[0], args[1], Integer.parseInt(args[2]));
    System.out.write(new ObjectMapper().writeValueAsBytes(report));
    System.out.flush();
  }

  private Report fill(String url, String user, int workers) {
    HikariConfig config = new HikariConfig();
    config.setJdbcUrl(url);
    config.setUsername(user);
    config.setMaximumPoolSize(workers + 2);
    try (HikariDataSource pool = new HikariDataSource(config)) {
      mark();
      Backfill.column("orders", "status_code")
          .type("varchar(32)")
          .value(BenchValue.STATUS.sql())
          .newRows(NewRows.application())
          .contract(Contract.none())
          .workers(workers)
          .listener(this::on)
          .on(pool)
          .run();
    }
    return new Report(marks, peakHeapBytes());
  }

  private synchronized void on(BackfillEvent event) {
    if (event instanceof BackfillEvent.BatchCommitted batch) {
      rows += batch.rows();
      serverNanos += batch.serverTime().toNanos();
      walBytes += batch.walBytes();
    } else if (event instanceof BackfillEvent.WindowCompleted) {
      mark();
    }
  }

  private synchronized void mark() {
    marks.add(new Mark(System.nanoTime(), rows, serverNanos, walBytes));
  }

  private static long peakHeapBytes() {
    // The sum of the pools' peaks: never less than the peak of the heap.
    return ManagementFactory.getMemoryPoolMXBeans().stream()
        .filter(pool -> pool.getType() == MemoryType.HEAP)
        .map(MemoryPoolMXBean::getPeakUsage)
        .mapToLong(usage -> usage.getUsed())
        .sum();
  }
}
