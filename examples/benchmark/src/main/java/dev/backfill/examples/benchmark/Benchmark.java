package dev.backfill.examples.benchmark;

import dev.backfill.examples.local.Standby;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** How ways to fill a new column compare with a single UPDATE. */
@Command(
    name = "benchmark",
    mixinStandardHelpOptions = true,
    subcommands = {
      Report.class,
      WhereBenchmark.class,
      SlowLinkBenchmark.class,
      BusyPrimary.class,
      VictimBenchmark.class,
      DdlStalls.class,
      ScaleBenchmark.class,
      RehearsalBenchmark.class
    },
    description =
        "Compares ways to fill a new column with a single UPDATE, on a server of its own.")
public final class Benchmark implements Callable<Integer> {
  /** With its indexes, as it is made. */
  private static final long UUID_TABLE_BYTES_PER_ROW = 353;

  private static final int TIMES_SHARED_BUFFERS = 8;

  private final TimeLimit limit = new TimeLimit();
  private final List<Contender> contenders = Contenders.all(limit::of);

  @Spec private CommandSpec spec = CommandSpec.create();

  @Option(names = "--rows", defaultValue = "2000000", description = "default: ${DEFAULT-VALUE}")
  private long rows;

  @Option(
      names = "--contenders",
      split = ",",
      completionCandidates = Names.OfContenders.class,
      description = "of ${COMPLETION-CANDIDATES}; default: six of them")
  private @Nullable List<String> contenderNames;

  @Option(
      names = "--tables",
      split = ",",
      completionCandidates = Names.OfTables.class,
      description = "of ${COMPLETION-CANDIDATES}; default: 3-indexes, 8-indexes")
  private @Nullable List<String> tableNames;

  @Option(
      names = "--repeat",
      defaultValue = "3",
      description = "rounds; medians are reported; default: ${DEFAULT-VALUE}")
  private int rounds;

  @Option(
      names = "--shared-buffers",
      defaultValue = "1GB",
      description = "of the server, such as 128MB; default: ${DEFAULT-VALUE}")
  private String sharedBuffers = "";

  @Option(
      names = "--traffic",
      defaultValue = "0",
      description = "transactions a second of an application beside it; default: none")
  private int transactionsPerSecond;

  @Option(names = "--standby", description = "measures the lag of a standby too")
  private boolean standby;

  @Option(
      names = "--acceptance",
      description =
          "tables and contenders that have bounds to keep, and whether they do; half of the rows"
              + " where the table is eight times as large as shared_buffers")
  private boolean acceptance;

  @Option(names = "--out", description = "JSON file, plots beside it; default: in target")
  private @Nullable Path out;

  private Benchmark() {}

  public static void main(String[] args) {
    System.exit(run(args));
  }

  static int run(String... args) {
    return new CommandLine(new Benchmark()).execute(args);
  }

  @Override
  public Integer call() throws Exception {
    Choice.atLeastOne(spec, "--rows", rows);
    Choice.atLeastOne(spec, "--repeat", rounds);
    Choice.atLeast(spec, "--traffic", 0, transactionsPerSecond);
    Choice.bytes(spec, "--shared-buffers", sharedBuffers);
    List<Measurement> measurements = acceptance ? accept() : List.of(compare());
    Path file = out == null ? ResultFile.byDefault("benchmark.json") : out;
    ResultFile.write(file, measurements);
    Plot.comparison(file.toAbsolutePath().resolveSibling(""), measurements);
    System.out.println(file.toAbsolutePath());
    return 0;
  }

  private Measurement compare() throws Exception {
    List<Contender> chosen =
        contenderNames == null
            ? Contenders.byDefault(contenders)
            : Choice.among(spec, "--contenders", contenders, contenderNames, Contender::name);
    List<BenchTable> tables =
        tableNames == null
            ? BenchTables.BY_DEFAULT
            : Choice.among(spec, "--tables", BenchTables.ALL, tableNames, BenchTable::name);
    Map<BenchTable, List<Contender>> plan = new LinkedHashMap<>();
    tables.forEach(table -> plan.put(table, chosen));
    return measure(plan, sharedBuffers, rows);
  }

  private List<Measurement> accept() throws Exception {
    if (contenderNames != null || tableNames != null) {
      throw new ParameterException(
          spec.commandLine(),
          "--acceptance has its own tables and contenders; leave out --tables and --contenders");
    }
    List<Measurement> measurements = new ArrayList<>();
    measurements.add(measure(Acceptance.inMemory(contenders), sharedBuffers, rows));
    long uuidRows = Math.max(1, rows / 2);
    long kilobytes =
        Math.max(128, uuidRows * UUID_TABLE_BYTES_PER_ROW / TIMES_SHARED_BUFFERS / 1024);
    measurements.add(measure(Acceptance.outOfMemory(contenders), kilobytes + "kB", uuidRows));
    System.out.printf("%n%s", Verdict.text(Acceptance.judge(measurements)));
    return measurements;
  }

  private Measurement measure(Map<BenchTable, List<Contender>> plan, String buffers, long tableRows)
      throws SQLException, IOException, InterruptedException, ExecutionException {
    try (BenchServer server = BenchServer.start(settings(buffers))) {
      System.out.println(server.description());
      List<Result> results;
      if (standby) {
        try (Standby replica = Standby.of(server.postgres()).attach();
            Heartbeat heartbeat = Heartbeat.start(server.operator())) {
          results = run(plan, server, Optional.of(replica), tableRows);
          heartbeat.check();
        }
      } else {
        results = run(plan, server, Optional.empty(), tableRows);
      }
      Measurement measurement =
          new Measurement(server.description(), tableRows, rounds, transactionsPerSecond, results);
      System.out.printf(
          "%n%d rows, medians of %d%n%s", tableRows, rounds, new ResultTable(measurement));
      return measurement;
    }
  }

  private List<Result> run(
      Map<BenchTable, List<Contender>> plan,
      BenchServer server,
      Optional<Standby> replica,
      long tableRows)
      throws SQLException, InterruptedException, ExecutionException {
    WarmUp.on(server, tableRows, plan.values());
    FreshTables tables = new FreshTables(server, tableRows);
    Company company = new Company(server, tableRows, transactionsPerSecond, replica);
    return new Comparison(new Meter(tables, company), limit).run(plan, rounds);
  }

  private static Map<String, String> settings(String buffers) {
    Map<String, String> settings = new LinkedHashMap<>();
    settings.put("shared_buffers", buffers);
    settings.put("checkpoint_timeout", "15min");
    return settings;
  }
}
