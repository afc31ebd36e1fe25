package dev.backfill.examples.benchmark;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;

/** The application beside one contender, or beside nobody, and what it has felt so far. */
final class BusyArm {
  static final String IDLE = "idle";

  private final Optional<Contender> contender;
  private final Latencies latencies = new Latencies();
  private final List<Double> longest = new ArrayList<>();
  private final List<Double> speeds = new ArrayList<>();

  private BusyArm(Optional<Contender> contender) {
    this.contender = contender;
  }

  static BusyArm idle() {
    return new BusyArm(Optional.empty());
  }

  static BusyArm beside(Contender contender) {
    return new BusyArm(Optional.of(contender));
  }

  String name() {
    return contender.map(Contender::name).orElse(IDLE);
  }

  Latencies latencies() {
    return latencies;
  }

  /** Takes so many transactions more, and gives theirs alone. */
  Latencies take(int transactions, Traffic traffic, BenchServer server, BenchTable table, long seed)
      throws InterruptedException, ExecutionException {
    Latencies taken;
    if (contender.isEmpty()) {
      long start = System.nanoTime();
      taken =
          traffic.run(transactions, () -> System.nanoTime() - start > Refills.SETTLING_NANOS, seed);
    } else {
      Refills refills = Refills.start(server, contender.get(), table);
      taken = traffic.run(transactions, refills::isActive, seed);
      speeds.add(refills.stop());
    }
    latencies.addAll(taken);
    longest.add(taken.max());
    return taken;
  }

  BusyResult result(Latencies idle) {
    return new BusyResult(
        name(),
        latencies.count(),
        latencies.estimate(50),
        latencies.estimate(95),
        latencies.estimate(99),
        latencies.ratio(99, idle),
        longest,
        speeds.stream().mapToDouble(s -> s).average().orElse(0));
  }
}
