package dev.backfill.examples.benchmark;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** How long an application waits for a row that a backfill holds. */
@Command(
    name = "victim",
    mixinStandardHelpOptions = true,
    description = "Updates rows that a contender holds, and measures how long each update waits.")
final class VictimBenchmark implements Callable<Integer> {
  private static final int QUICK_SECONDS = 10;

  @Spec private CommandSpec spec = CommandSpec.create();

  @Option(
      names = "--seconds",
      defaultValue = "60",
      description = "of each contender; default: ${DEFAULT-VALUE}")
  private int seconds;

  @Option(names = "--quick", description = "10 seconds each")
  private boolean quick;

  @Option(names = "--rows", defaultValue = "500000", description = "default: ${DEFAULT-VALUE}")
  private long rows;

  @Option(names = "--contenders", split = ",", description = "default: all")
  private @Nullable List<String> contenderNames;

  @Option(names = "--out", description = "JSON file; default: victim.json in target")
  private @Nullable Path out;

  private VictimBenchmark() {}

  @Override
  public Integer call() throws Exception {
    Choice.atLeastOne(spec, "--seconds", seconds);
    Choice.atLeastOne(spec, "--rows", rows);
    List<Contender> contenders =
        Choice.among(
            spec,
            "--contenders",
            List.of(ThrottledLibrary.defaults(), new KeysetLoop(1_000), new SingleUpdate()),
            contenderNames,
            Contender::name);
    double duration = quick ? Math.min(seconds, QUICK_SECONDS) : seconds;
    Path file = out == null ? ResultFile.byDefault("victim.json") : out;
    try (BenchServer server = BenchServer.start()) {
      System.out.println(server.description());
      FreshTables tables = new FreshTables(server, rows);
      BenchTable table = BenchTables.THREE_INDEXES;
      Victims victims = new Victims(server.dataSource("victim"), rows);
      Map<String, Latencies> curves = new LinkedHashMap<>();
      List<VictimResult> results = new ArrayList<>();
      for (Contender contender : contenders) {
        tables.create(table);
        Refills refills = Refills.start(server, contender, table);
        Latencies waits = victims.run(duration);
        refills.stop();
        VictimResult result = VictimResult.of(contender.name(), waits);
        print(result);
        results.add(result);
        curves.put(contender.name(), waits);
      }
      Plot.latencies(file.resolveSibling("victim"), "Waits for a row of the contender", curves);
      ResultFile.write(file, Map.of("server", server.description(), "contenders", results));
    }
    System.out.println(file.toAbsolutePath());
    return 0;
  }

  private static void print(VictimResult result) {
    System.out.printf(
        Locale.ROOT,
        "%-20s %6d waits  p50 %8.2f  p95 %8.2f  p99 %8.2f  max %8.2f ms%n",
        result.contender(),
        result.waits(),
        result.p50(),
        result.p95(),
        result.p99(),
        result.max());
  }
}
