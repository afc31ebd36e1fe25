package dev.backfill.examples.benchmark;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Where the time of a run goes. */
@Command(
    name = "where",
    mixinStandardHelpOptions = true,
    description =
        "Fills a table while the server logs each statement's duration, and adds them up; of the"
            + " library's passes by themselves. The log itself costs some percent.")
final class WhereBenchmark implements Callable<Integer> {
  private static final String LOG_FOLDER = "statements";

  private final TimeLimit limit = new TimeLimit();

  @Spec private CommandSpec spec = CommandSpec.create();

  @Option(names = "--rows", defaultValue = "2000000", description = "default: ${DEFAULT-VALUE}")
  private long rows;

  @Option(
      names = "--table",
      completionCandidates = Names.OfTables.class,
      defaultValue = "3-indexes",
      description = "of ${COMPLETION-CANDIDATES}; default: ${DEFAULT-VALUE}")
  private String tableName = "";

  @Option(
      names = "--contender",
      completionCandidates = Names.OfContenders.class,
      defaultValue = "library-1",
      description = "of ${COMPLETION-CANDIDATES}; default: ${DEFAULT-VALUE}")
  private String contenderName = "";

  @Option(
      names = "--top",
      defaultValue = "20",
      description = "kinds of statements shown; default: ${DEFAULT-VALUE}")
  private int top;

  private WhereBenchmark() {}

  @Override
  public Integer call() throws SQLException, IOException {
    Choice.atLeastOne(spec, "--rows", rows);
    Choice.atLeastOne(spec, "--top", top);
    BenchTable table =
        Choice.among(spec, "--table", BenchTables.ALL, List.of(tableName), BenchTable::name).get(0);
    Contender contender =
        Choice.among(
                spec,
                "--contender",
                Contenders.all(limit::of),
                List.of(contenderName),
                Contender::name)
            .get(0);
    PassTimes passes = new PassTimes();
    Logged logged =
        fill(contender instanceof Library run ? run.heardBy(passes) : contender, table, rows);
    print(logged.totals(), logged.millis());
    System.out.print(passes.table());
    return 0;
  }

  /**
   * What the server logged.
   *
   * @param millis by the client's clock
   */
  record Logged(List<StatementTimes.Total> totals, double millis) {}

  static Logged fill(Contender contender, BenchTable table, long rows)
      throws SQLException, IOException {
    try (BenchServer server = BenchServer.start(logging())) {
      System.out.println(server.description());
      new FreshTables(server, rows).create(table);
      long start = System.nanoTime();
      contender.fill(server.dataSource(SqlWork.APPLICATION), table);
      double millis = (System.nanoTime() - start) / 1e6;
      return new Logged(
          StatementTimes.of(
              lines(server.postgres().dataDirectory().resolve(LOG_FOLDER)).stream(),
              SqlWork.APPLICATION),
          millis);
    }
  }

  private static Map<String, String> logging() {
    Map<String, String> settings = new LinkedHashMap<>();
    settings.put("checkpoint_timeout", "15min");
    settings.put("logging_collector", "on");
    settings.put("log_directory", LOG_FOLDER);
    settings.put("log_filename", "server.log");
    settings.put("log_rotation_size", "0");
    settings.put("log_line_prefix", StatementTimes.PREFIX);
    settings.put("log_min_duration_statement", "0");
    return settings;
  }

  private static List<String> lines(Path folder) throws IOException {
    List<String> lines = new ArrayList<>();
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.toList()) {
        lines.addAll(Files.readAllLines(file));
      }
    }
    return lines;
  }

  private void print(List<StatementTimes.Total> totals, double millis) {
    System.out.printf("%8s %6s %8s  %s%n", "ms", "share", "count", "statement");
    double sum = 0;
    for (int i = 0; i < totals.size(); i++) {
      StatementTimes.Total total = totals.get(i);
      sum += total.millis();
      if (i < top) {
        line(
            total.millis(),
            millis,
            Long.toString(total.count()),
            total.step() + " " + total.form());
      }
    }
    line(sum, millis, "", "all statements, of all sessions together");
    line(millis, millis, "", "the clock");
  }

  private static void line(double part, double whole, String count, String what) {
    System.out.printf(
        Locale.ROOT, "%8.0f %5.1f%% %8s  %s%n", part, 100 * part / whole, count, what);
  }
}
