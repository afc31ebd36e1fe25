package dev.backfill.examples.benchmark;

/** How long transactions waited for a row that a contender held, in milliseconds. */
record VictimResult(String contender, long waits, double p50, double p95, double p99, double max) {
  static VictimResult of(String contender, Latencies waits) {
    return new VictimResult(
        contender,
        waits.count(),
        waits.percentile(50),
        waits.percentile(95),
        waits.percentile(99),
        waits.max());
  }
}
