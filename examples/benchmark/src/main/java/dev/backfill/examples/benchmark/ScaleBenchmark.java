package dev.backfill.examples.benchmark;

import dev.backfill.examples.benchmark.ScaleRun.Report;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Whether the last rows of a large table cost as much as the first, in a small heap. */
@Command(
    name = "scale",
    mixinStandardHelpOptions = true,
    description = "Fills a large table from a JVM with a small heap; the cost of each tenth.")
final class ScaleBenchmark implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create();

  @Option(names = "--rows", defaultValue = "10000000", description = "default: ${DEFAULT-VALUE}")
  private long rows;

  @Option(
      names = "--heap",
      defaultValue = "64",
      description = "of the library's JVM, in MB; default: ${DEFAULT-VALUE}")
  private int heapMegabytes;

  @Option(names = "--workers", defaultValue = "1", description = "default: ${DEFAULT-VALUE}")
  private int workers;

  @Option(names = "--out", description = "JSON file; default: scale.json in target")
  private @Nullable Path out;

  private ScaleBenchmark() {}

  @Override
  public Integer call() throws Exception {
    Choice.atLeastOne(spec, "--rows", rows);
    Choice.atLeastOne(spec, "--heap", heapMegabytes);
    Choice.atLeastOne(spec, "--workers", workers);
    Path file = out == null ? ResultFile.byDefault("scale.json") : out;
    try (BenchServer server = BenchServer.start()) {
      System.out.println(server.description());
      new FreshTables(server, rows).createOnce(BenchTables.THREE_INDEXES);
      Report report = ScaleRun.inItsOwnJvm(server.dataSource(), heapMegabytes, workers);
      ScaleResult result = ScaleResult.of(rows, heapMegabytes, workers, report);
      print(result);
      ResultFile.write(file, result);
    }
    System.out.println(file.toAbsolutePath());
    return 0;
  }

  private static void print(ScaleResult result) {
    System.out.printf(
        Locale.ROOT,
        "%d rows in %.1f s, heap of the JVM at most %.0f of %d MB%n"
            + "tenth   rows/s   server us/row   WAL bytes/row%n",
        result.rows(),
        result.seconds(),
        result.peakHeapBytes() / 1048576.0,
        result.heapMegabytes());
    List<ScaleResult.Tenth> tenths = result.tenths();
    for (int i = 0; i < tenths.size(); i++) {
      ScaleResult.Tenth tenth = tenths.get(i);
      System.out.printf(
          Locale.ROOT,
          "%5d %8.0f %15.2f %15.0f%n",
          i + 1,
          tenth.rowsPerSecond(),
          tenth.serverMicrosPerRow(),
          tenth.walBytesPerRow());
    }
    System.out.printf(
        Locale.ROOT,
        "last tenth / first tenth: time %.2f, server time %.2f%n",
        result.lastToFirstTime(),
        result.lastToFirstServerTime());
  }
}
