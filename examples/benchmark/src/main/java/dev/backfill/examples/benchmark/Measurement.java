package dev.backfill.examples.benchmark;

import java.util.List;
import java.util.Optional;

/**
 * What was measured in one run on one server.
 *
 * @param server its version and settings
 * @param rows that each table had
 * @param rounds of which medians were taken
 * @param transactionsPerSecond of the application beside the contenders; 0 for none
 */
record Measurement(
    String server, long rows, int rounds, int transactionsPerSecond, List<Result> results) {
  Measurement {
    results = List.copyOf(results);
  }

  Optional<Result> find(String table, String contender) {
    return results.stream()
        .filter(r -> r.table().equals(table) && r.contender().equals(contender))
        .findFirst();
  }

  Optional<Result> singleUpdate(String table) {
    return find(table, SingleUpdate.NAME);
  }

  /** How many times as fast as the single UPDATE of the same table. */
  Optional<Double> speedup(Result result) {
    return singleUpdate(result.table()).map(result::timesAsFastAs);
  }

  /** WAL for a row, beside that of the single UPDATE. */
  Optional<Double> walRatio(Result result) {
    return singleUpdate(result.table()).map(s -> result.walBytesPerRow() / s.walBytesPerRow());
  }
}
