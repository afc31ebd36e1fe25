package dev.backfill.examples.orders;

import dev.backfill.examples.local.LocalPostgres;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import org.awaitility.Awaitility;
import org.springframework.boot.logging.LogLevel;
import org.springframework.boot.logging.LoggingSystem;

/**
 * How long the application takes to its start, without the starter and with a backfill that is
 * pending. Rounds of one start each, as processes, in an order that turns round each time.
 */
public final class StartupBenchmark {
  private static final Duration LONG = Duration.ofMinutes(5);
  private static final String SESSIONS =
      "select count(*) from pg_stat_activity where application_name like '%backfill'";

  /** What the application starts with. */
  enum Start {
    /** The same classes without those of the starter and the library. */
    WITHOUT_STARTER,
    /** The first start of this version: neither the column nor a run is there. */
    NEW_RUN,
    /** A run was stopped in its midst. */
    RESUMED_RUN
  }

  private final LocalPostgres server;
  private final Map<Start, List<StartedApplication.Times>> times = new EnumMap<>(Start.class);

  private StartupBenchmark(LocalPostgres server) {
    this.server = server;
    for (Start start : Start.values()) {
      times.put(start, new ArrayList<>());
    }
  }

  /** Arguments: orders in the table, 10,000,000 unless given, and rounds, 10 unless given. */
  public static void main(String[] args) throws Exception {
    long rows = args.length > 0 ? Long.parseLong(args[0]) : 10_000_000;
    int rounds = args.length > 1 ? Integer.parseInt(args[1]) : 10;
    LoggingSystem.get(StartupBenchmark.class.getClassLoader())
        .setLogLevel(LoggingSystem.ROOT_LOGGER_NAME, LogLevel.OFF);
    Map<String, String> settings =
        // Nothing else is to write while an application starts.
        Map.of("fsync", "off", "autovacuum", "off", "max_wal_size", "8GB");
    try (LocalPostgres server = LocalPostgres.start(settings)) {
      StartupBenchmark benchmark = new StartupBenchmark(server);
      System.out.printf(Locale.ROOT, "Makes %,d orders ...%n", rows);
      benchmark.makeOrders(rows);
      for (int round = 1; round <= rounds; round++) {
        benchmark.round(round % 2 == 0);
      }
      benchmark.print();
    }
  }

  /** By the application's own migration. */
  private void makeOrders(long rows) throws IOException, InterruptedException {
    start(Start.WITHOUT_STARTER, "--orders.rows=" + rows).close();
    server.execute("vacuum (analyze) orders");
  }

  private StartedApplication start(Start start, String... more)
      throws IOException, InterruptedException {
    List<String> arguments = new ArrayList<>(List.of(more));
    arguments.add("--spring.datasource.url=" + server.url("postgres"));
    // The starter's default; the example adds the column before it serves.
    arguments.add("--backfill.expand=background");
    server.execute("checkpoint");
    return StartedApplication.start(start != Start.WITHOUT_STARTER, arguments);
  }

  private void round(boolean turned) throws IOException, InterruptedException {
    if (!turned) {
      measure(Start.WITHOUT_STARTER);
    }
    measure(Start.NEW_RUN);
    measure(Start.RESUMED_RUN);
    server.execute("drop schema backfill cascade", "alter table orders drop column status_code");
    if (turned) {
      measure(Start.WITHOUT_STARTER);
    }
  }

  private void measure(Start start) throws IOException, InterruptedException {
    StartedApplication.Times measured;
    try (StartedApplication application = start(start)) {
      measured = application.times();
      if (start != Start.WITHOUT_STARTER) {
        // It was pending, and has begun.
        long before = batches();
        Awaitility.await().atMost(LONG).until(() -> batches() > before);
      }
    }
    Awaitility.await().atMost(LONG).until(() -> server.query(SESSIONS).equals("0"));
    times.get(start).add(measured);
    System.out.printf(
        Locale.ROOT,
        "%-16s started after %.2f s, ready after %.2f s, processor %.2f s%n",
        start,
        measured.started(),
        measured.ready(),
        measured.processor());
  }

  private long batches() {
    if (server.query("select to_regclass('backfill.run_window')") == null) {
      return 0;
    }
    return Long.parseLong(
        String.valueOf(
            server.query("select coalesce(sum(batches), 0)::bigint from backfill.run_window")));
  }

  private void print() {
    System.out.println("\nMedians, and how many times that of the application without the starter");
    for (Start start : Start.values()) {
      System.out.printf(
          Locale.ROOT,
          "%-16s started %s, ready %s, processor %s%n",
          start,
          median(start, StartedApplication.Times::started),
          median(start, StartedApplication.Times::ready),
          median(start, StartedApplication.Times::processor));
    }
  }

  private String median(Start start, ToDoubleFunction<StartedApplication.Times> value) {
    double median = medianOf(start, value);
    return String.format(
        Locale.ROOT, "%.2f s (%.3f)", median, median / medianOf(Start.WITHOUT_STARTER, value));
  }

  private double medianOf(Start start, ToDoubleFunction<StartedApplication.Times> value) {
    double[] sorted = times.get(start).stream().mapToDouble(value).sorted().toArray();
    int middle = sorted.length / 2;
    return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  }
}
