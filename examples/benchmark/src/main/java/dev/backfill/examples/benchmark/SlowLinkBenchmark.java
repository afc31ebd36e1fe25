package dev.backfill.examples.benchmark;

import dev.backfill.examples.local.SlowLink;
import dev.backfill.examples.local.Standby;
import java.io.IOException;
import java.nio.file.Files;
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

/** How far a standby behind a slow link falls back. */
@Command(
    name = "slow-link",
    mixinStandardHelpOptions = true,
    description =
        "Fills a column while a standby is behind a slow link, and measures the lag on the"
            + " standby.")
final class SlowLinkBenchmark implements Callable<Integer> {
  private static final int QUICK_SECONDS = 15;

  @Spec private CommandSpec spec = CommandSpec.create();

  @Option(
      names = "--seconds",
      defaultValue = "120",
      description = "of each contender in each scenario; default: ${DEFAULT-VALUE}")
  private int seconds;

  @Option(names = "--quick", description = "15 seconds each; the figures mean little")
  private boolean quick;

  @Option(
      names = "--rows",
      defaultValue = "2000000",
      description = "more than can be filled in the time; default: ${DEFAULT-VALUE}")
  private long rows;

  @Option(
      names = "--limit",
      defaultValue = "5",
      description = "seconds of lag that are allowed; default: ${DEFAULT-VALUE}")
  private int limitSeconds;

  @Option(names = "--scenarios", split = ",", description = "default: all")
  private @Nullable List<String> scenarioNames;

  @Option(names = "--contenders", split = ",", description = "default: all")
  private @Nullable List<String> contenderNames;

  @Option(names = "--out", description = "JSON file; default: slow-link.json in target")
  private @Nullable Path out;

  private SlowLinkBenchmark() {}

  @Override
  public Integer call() throws Exception {
    Choice.atLeastOne(spec, "--seconds", seconds);
    Choice.atLeastOne(spec, "--rows", rows);
    Choice.atLeastOne(spec, "--limit", limitSeconds);
    List<LinkScenario> scenarios =
        Choice.among(spec, "--scenarios", LinkScenario.ALL, scenarioNames, LinkScenario::name);
    int duration = quick ? Math.min(seconds, QUICK_SECONDS) : seconds;
    Path file = out == null ? ResultFile.byDefault("slow-link.json") : out;
    // Not on its command line, where a scenario could not change it.
    try (BenchServer primary = BenchServer.start(Map.of("wal_keep_size", "4GB"));
        SlowLink link = SlowLink.to(primary.postgres());
        Standby standby =
            Standby.of(primary.postgres())
                .through(link)
                .setting("shared_buffers", "256MB")
                .attach();
        Heartbeat heartbeat = Heartbeat.start(primary.operator())) {
      Duration limit = Duration.ofSeconds(limitSeconds);
      List<Contender> contenders =
          Choice.among(
              spec, "--contenders", contenders(standby, limit), contenderNames, Contender::name);
      System.out.println(primary.description());
      FreshTables tables = new FreshTables(primary, rows);
      LinkRun run = new LinkRun(primary, tables, link, standby, duration);
      BenchTable table = BenchTables.THREE_INDEXES;
      List<LinkResult> results = new ArrayList<>();
      System.out.println(LinkTable.HEADER);
      for (LinkScenario scenario : scenarios) {
        Map<String, List<LinkSample>> curves = new LinkedHashMap<>();
        for (Contender contender : contenders) {
          List<LinkSample> samples = run.observe(contender, scenario, table);
          long filled = Sql.number(primary.dataSource(), "SELECT count(status_code) FROM orders");
          LinkResult result = LinkResult.of(scenario, contender, limit, duration, filled, samples);
          System.out.println(LinkTable.line(result));
          results.add(result);
          writeCurve(
              file.resolveSibling("slow-link-" + scenario.name() + "-" + contender.name() + ".csv"),
              samples);
          curves.put(contender.name(), samples);
        }
        Plot.lag(file.resolveSibling("slow-link-" + scenario.name()), scenario, limit, curves);
      }
      heartbeat.check();
      ResultFile.write(
          file,
          Map.of("server", primary.description(), "limitSeconds", limitSeconds, "runs", results));
    }
    System.out.println(file.toAbsolutePath());
    return 0;
  }

  private static void writeCurve(Path file, List<LinkSample> samples) throws IOException {
    List<String> lines = new ArrayList<>();
    lines.add(LinkSample.CSV_HEADER);
    samples.forEach(s -> lines.add(s.csv()));
    ResultFile.createFolder(file);
    Files.write(file, lines);
  }

  private static List<Contender> contenders(Standby standby, Duration limit) {
    return List.of(
        ThrottledLibrary.lagLimit(limit),
        new SingleUpdate(),
        new KeysetLoop(1_000),
        new GatedLoop(standby.dataSource("postgres"), limit));
  }
}
