package dev.backfill.examples.benchmark;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;

/** How long a contender that may never end is waited for: some times the single UPDATE. */
final class TimeLimit {
  private static final int SINGLE_UPDATES = 2;

  /** A small table's single UPDATE is over before a loop has warmed up. */
  private static final Duration LEAST = Duration.ofSeconds(10);

  private static final Duration UNKNOWN = Duration.ofMinutes(5);

  private final Map<BenchTable, Duration> singleUpdates = new HashMap<>();

  void singleUpdateTook(BenchTable table, Duration duration) {
    singleUpdates.put(table, duration);
  }

  Duration of(BenchTable table) {
    Duration single = singleUpdates.get(table);
    if (single == null) {
      return UNKNOWN;
    }
    Duration limit = single.multipliedBy(SINGLE_UPDATES);
    return limit.compareTo(LEAST) < 0 ? LEAST : limit;
  }
}
