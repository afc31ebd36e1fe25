package dev.backfill.examples.benchmark;

import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** How ways to fill a new column compare with a single UPDATE. */
@Command(
    name = "benchmark",
    mixinStandardHelpOptions = true,
    subcommands = {
      SlowLinkBenchmark.class,
      BusyPrimary.class,
      VictimBenchmark.class,
      DdlStalls.class,
      ScaleBenchmark.class
    },
    description =
        "Compares ways to fill a new column with a single UPDATE, on a server of its own.")
public final class Benchmark implements Callable<Integer> {
  private final TimeLimit limit = new TimeLimit();

  /** The single UPDATE first: the time limit of the others comes from it. */
  private final List<Contender> contenders =
      List.of(
          new SingleUpdate(),
          new KeysetLoop(),
          new LimitLoop(limit::of),
          new PlpgsqlStripes(),
          new Library(1),
          new Library(2));

  @Spec private CommandSpec spec = CommandSpec.create();

  @Option(names = "--rows", defaultValue = "2000000", description = "default: ${DEFAULT-VALUE}")
  private long rows;

  @Option(names = "--contenders", split = ",", description = "default: all")
  private @Nullable List<String> contenderNames;

  @Option(names = "--tables", split = ",", description = "default: all")
  private @Nullable List<String> tableNames;

  @Option(
      names = "--repeat",
      defaultValue = "3",
      description = "rounds; medians are reported; default: ${DEFAULT-VALUE}")
  private int rounds;

  @Option(names = "--out", description = "JSON file; default: benchmark.json in target")
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
    List<Contender> chosen =
        Choice.among(spec, "--contenders", contenders, contenderNames, Contender::name);
    List<BenchTable> tables =
        Choice.among(spec, "--tables", BenchTable.ALL, tableNames, BenchTable::name);
    Choice.atLeastOne(spec, "--rows", rows);
    Choice.atLeastOne(spec, "--repeat", rounds);

    List<Result> results;
    try (BenchServer server = BenchServer.start()) {
      System.out.println(server.description());
      BenchTable.createSource(server.dataSource(), rows);
      results = new Comparison(new Meter(server.dataSource()), limit).run(tables, chosen, rounds);
    }
    System.out.printf("%n%d rows, medians of %d%n%s", rows, rounds, new ResultTable(results, rows));
    Path file = out == null ? ResultFile.byDefault("benchmark.json") : out;
    ResultFile.write(file, results);
    System.out.println(file.toAbsolutePath());
    return 0;
  }
}
