package dev.backfill.examples.benchmark;

import dev.backfill.model.Timeouts;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** How long others wait for a table that gets a column. */
@Command(
    name = "ddl-stalls",
    mixinStandardHelpOptions = true,
    description =
        "Adds a column to a table that others hold and use, and measures how long their statements"
            + " take.")
final class DdlStalls implements Callable<Integer> {
  private static final int QUICK_READER_SECONDS = 5;
  private static final long QUICK_ROWS = 20_000;

  @Spec private CommandSpec spec = CommandSpec.create();

  @Option(
      names = "--reader-seconds",
      defaultValue = "60",
      description = "for how long a reader holds the table; default: ${DEFAULT-VALUE}")
  private int readerSeconds;

  @Option(names = "--quick", description = "5 s and 20000 rows")
  private boolean quick;

  @Option(names = "--rows", defaultValue = "200000", description = "default: ${DEFAULT-VALUE}")
  private long rows;

  @Option(names = "--situations", split = ",", description = "default: all")
  private @Nullable List<String> situationNames;

  @Option(names = "--contenders", split = ",", description = "default: all")
  private @Nullable List<String> contenderNames;

  @Option(names = "--out", description = "JSON file; default: ddl-stalls.json in target")
  private @Nullable Path out;

  private DdlStalls() {}

  @Override
  public Integer call() throws Exception {
    Choice.atLeastOne(spec, "--reader-seconds", readerSeconds);
    Choice.atLeastOne(spec, "--rows", rows);
    if (quick) {
      readerSeconds = Math.min(readerSeconds, QUICK_READER_SECONDS);
      rows = Math.min(rows, QUICK_ROWS);
    }
    List<StallSituation> situations =
        Choice.among(
            spec,
            "--situations",
            StallSituation.all(Duration.ofSeconds(readerSeconds)),
            situationNames,
            StallSituation::name);
    ColumnAdder library = ColumnAdder.library();
    List<ColumnAdder> contenders =
        Choice.among(
            spec,
            "--contenders",
            List.of(library, ColumnAdder.naive()),
            contenderNames,
            ColumnAdder::name);
    Duration ceiling = Timeouts.defaults().ddlLock();
    Path file = out == null ? ResultFile.byDefault("ddl-stalls.json") : out;
    try (BenchServer server = BenchServer.start(Map.of("autovacuum_naptime", "1s"))) {
      System.out.println(server.description());
      StallRun run = new StallRun(server, rows);
      List<StallResult> results = new ArrayList<>();
      Map<String, Latencies> curves = new LinkedHashMap<>();
      for (StallSituation each : situations) {
        for (ColumnAdder contender : contenders) {
          // Nothing more is learnt from a minute in which everybody waits.
          StallSituation situation = contender == library ? each : each.brief();
          StallRun.Observed observed = run.observe(situation, contender);
          StallResult result = StallResult.of(situation, contender.name(), observed, ceiling);
          System.out.println(result.line());
          results.add(result);
          curves.put(situation.name() + ", " + contender.name(), observed.latencies());
        }
      }
      Plot.latencies(file.resolveSibling("ddl-stalls"), "Statements of others", curves);
      ResultFile.write(file, Map.of("server", server.description(), "runs", results));
    }
    System.out.println(file.toAbsolutePath());
    return 0;
  }
}
