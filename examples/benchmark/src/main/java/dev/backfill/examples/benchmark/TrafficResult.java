package dev.backfill.examples.benchmark;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** Latencies of an application's transactions over all rounds, in milliseconds. */
record TrafficResult(long transactions, double p50, double p99, double p999, double longest) {
  static @Nullable TrafficResult of(List<Latencies> rounds) {
    Latencies all = new Latencies();
    rounds.forEach(all::addAll);
    long count = all.count();
    return count == 0
        ? null
        : new TrafficResult(
            count, all.percentile(50), all.percentile(99), all.percentile(99.9), all.max());
  }
}
