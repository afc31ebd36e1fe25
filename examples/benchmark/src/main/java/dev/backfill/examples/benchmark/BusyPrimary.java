package dev.backfill.examples.benchmark;

import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** What an application feels of a backfill on the table it uses. */
@Command(
    name = "busy-primary",
    mixinStandardHelpOptions = true,
    description =
        "Fills a column while an application reads and updates its table, and measures the"
            + " application's latencies.")
final class BusyPrimary implements Callable<Integer> {
  private static final int QUICK_TRANSACTIONS = 2_000;
  private static final int WARM_UP_TRANSACTIONS = 1_000;
  private static final int ROUNDS_ALONE = 3;

  @Spec private CommandSpec spec = CommandSpec.create();

  @Option(
      names = "--transactions",
      defaultValue = "30000",
      description = "of each arm; default: ${DEFAULT-VALUE}")
  private int transactions;

  @Option(
      names = "--rate",
      defaultValue = "400",
      description = "transactions that arrive in a second; default: ${DEFAULT-VALUE}")
  private int rate;

  @Option(
      names = "--rounds",
      defaultValue = "6",
      description = "in which the arms take turns; default: ${DEFAULT-VALUE}")
  private int rounds;

  @Option(names = "--quick", description = "2000 transactions an arm in one round")
  private boolean quick;

  @Option(names = "--rows", defaultValue = "1000000", description = "default: ${DEFAULT-VALUE}")
  private long rows;

  @Option(
      names = "--contenders",
      split = ",",
      description = "beside idle, which is always measured; default: all")
  private @Nullable List<String> contenderNames;

  @Option(names = "--out", description = "JSON file; default: busy-primary.json in target")
  private @Nullable Path out;

  private BusyPrimary() {}

  @Override
  public Integer call() throws Exception {
    Choice.atLeastOne(spec, "--transactions", transactions);
    Choice.atLeastOne(spec, "--rate", rate);
    Choice.atLeastOne(spec, "--rounds", rounds);
    Choice.atLeastOne(spec, "--rows", rows);
    List<Contender> all = new ArrayList<>(ThrottledLibrary.defaultsAndFullSpeed());
    all.addAll(List.of(new KeysetLoop(1_000), new SingleUpdate()));
    List<Contender> contenders =
        Choice.among(spec, "--contenders", all, contenderNames, Contender::name);
    if (quick) {
      transactions = Math.min(transactions, QUICK_TRANSACTIONS);
      rounds = 1;
    }
    Path file = out == null ? ResultFile.byDefault("busy-primary.json") : out;
    try (BenchServer server = BenchServer.start()) {
      System.out.println(server.description());
      FreshTables tables = new FreshTables(server, rows);
      List<BusyArm> arms = measure(server, tables, contenders);
      Latencies idle = arms.get(0).latencies();
      List<BusyResult> results = arms.stream().map(arm -> arm.result(idle)).toList();
      results.forEach(BusyPrimary::print);
      Map<String, Double> alone = alone(server, tables, contenders);
      alone.forEach(
          (name, speed) ->
              System.out.printf(Locale.ROOT, "alone: %-20s %10.0f rows/s%n", name, speed));
      Map<String, Latencies> curves = new LinkedHashMap<>();
      arms.forEach(arm -> curves.put(arm.name(), arm.latencies()));
      Plot.latencies(file.resolveSibling("busy-primary"), "Latencies of the application", curves);
      ResultFile.write(
          file,
          Map.of(
              "server", server.description(),
              "transactionsPerSecond", rate,
              "arms", results,
              "aloneRowsPerSecond", alone));
    }
    System.out.println(file.toAbsolutePath());
    return 0;
  }

  /**
   * The arms take turns, in each round in another order: who always came after the same one would
   * feel what that one leaves the disk to do.
   */
  private List<BusyArm> measure(BenchServer server, FreshTables tables, List<Contender> contenders)
      throws SQLException, InterruptedException, ExecutionException {
    List<BusyArm> arms = new ArrayList<>();
    arms.add(BusyArm.idle());
    contenders.forEach(c -> arms.add(BusyArm.beside(c)));
    List<BusyArm> order = new ArrayList<>(arms);
    BenchTable table = BenchTables.THREE_INDEXES;
    Traffic traffic = new Traffic(server.dataSource("application"), table, rows, rate);
    tables.create(table);
    // The first transactions of a JVM are slow, whoever is beside them.
    traffic.run(WARM_UP_TRANSACTIONS, () -> true, 0);
    Random random = new Random(rounds);
    for (int round = 1; round <= rounds; round++) {
      Collections.shuffle(order, random);
      for (BusyArm arm : order) {
        tables.create(table);
        Latencies taken =
            arm.take((transactions + rounds - 1) / rounds, traffic, server, table, round);
        System.out.printf(
            Locale.ROOT,
            "round %d %-20s p99 %8.2f ms, longest %8.2f ms%n",
            round,
            arm.name(),
            taken.percentile(99),
            taken.max());
      }
    }
    return arms;
  }

  private static void print(BusyResult result) {
    System.out.printf(
        Locale.ROOT,
        "%-20s %6d tx  p50 %s  p95 %s  p99 %s  %s x idle  longest %s  %.0f rows/s%n",
        result.arm(),
        result.transactions(),
        result.p50(),
        result.p95(),
        result.p99(),
        result.p99VsIdle(),
        result.longest().stream().map(l -> String.format(Locale.ROOT, "%.1f", l)).toList(),
        result.rowsPerSecond());
  }

  /** How fast the contenders are where nobody else works: the median of the rounds. */
  private Map<String, Double> alone(
      BenchServer server, FreshTables tables, List<Contender> contenders)
      throws SQLException, InterruptedException, ExecutionException {
    Meter meter = new Meter(tables, Company.nobody(server, rows));
    List<Contender> order = new ArrayList<>(contenders);
    Map<String, List<Double>> speeds = new LinkedHashMap<>();
    for (int round = 0; round < Math.min(rounds, ROUNDS_ALONE); round++) {
      for (Contender contender : order) {
        Sample sample = meter.measure(contender, BenchTables.THREE_INDEXES);
        speeds
            .computeIfAbsent(contender.name(), n -> new ArrayList<>())
            .add(sample.rowsPerSecond());
      }
      Collections.rotate(order, -1);
    }
    Map<String, Double> medians = new LinkedHashMap<>();
    speeds.forEach(
        (name, all) -> medians.put(name, all.stream().sorted().toList().get(all.size() / 2)));
    return medians;
  }
}
