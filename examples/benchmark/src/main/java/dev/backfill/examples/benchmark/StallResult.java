package dev.backfill.examples.benchmark;

import java.time.Duration;
import java.util.Locale;

/**
 * What others felt while a column was added.
 *
 * @param readerSeconds for how long a reader held the table
 * @param statements those of the others
 * @param p50 of their latencies in milliseconds, as the next three
 * @param longestWait the longest that one of them waited for the table, by the server's clock
 * @param ceiling how long others may stall at most by the library's settings, in milliseconds
 * @param columnAfter seconds until the column was there
 * @param allAfter seconds until everything was done
 */
record StallResult(
    String situation,
    String contender,
    double readerSeconds,
    long statements,
    double p50,
    double p99,
    double p999,
    double longest,
    double longestWait,
    long ceiling,
    double columnAfter,
    double allAfter) {

  static StallResult of(
      StallSituation situation, String contender, StallRun.Observed observed, Duration ceiling) {
    Latencies latencies = observed.latencies();
    return new StallResult(
        situation.name(),
        contender,
        situation.reader().toMillis() / 1000.0,
        latencies.count(),
        latencies.percentile(50),
        latencies.percentile(99),
        latencies.percentile(99.9),
        latencies.max(),
        observed.longestWait(),
        ceiling.toMillis(),
        observed.timing().column(),
        observed.timing().all());
  }

  String line() {
    return String.format(
        Locale.ROOT,
        "%-10s %-11s %7d statements  p50 %7.2f  p99 %8.2f  p99.9 %8.2f  longest %9.2f ms,"
            + " for the table %8.2f (ceiling %d)  column after %6.2f s, all after %6.2f s",
        situation,
        contender,
        statements,
        p50,
        p99,
        p999,
        longest,
        longestWait,
        ceiling,
        columnAfter,
        allAfter);
  }
}
