package dev.backfill.examples.benchmark;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** How old was what a standby showed, in seconds, over all rounds. */
record LagResult(double p50, double p95, double longest) {
  static @Nullable LagResult of(List<Double> seen) {
    if (seen.isEmpty()) {
      return null;
    }
    List<Double> sorted = seen.stream().sorted().toList();
    return new LagResult(at(sorted, 0.5), at(sorted, 0.95), at(sorted, 1));
  }

  private static double at(List<Double> sorted, double share) {
    return sorted.get((int) Math.ceil(share * sorted.size()) - 1);
  }
}
