package dev.backfill.examples.benchmark;

import java.util.List;

/** Made up. */
final class Results {
  private Results() {}

  static Result of(
      BenchTable table, String contender, double rowsPerSecond, long walBytes, double heapRatio) {
    return of(table, contender, 1_000, rowsPerSecond, walBytes, heapRatio);
  }

  static Result of(
      BenchTable table,
      String contender,
      long rows,
      double rowsPerSecond,
      long walBytes,
      double heapRatio) {
    return new Result(
        table.name(),
        contender,
        1 << 20,
        1_000,
        rows,
        rowsPerSecond,
        List.of(rowsPerSecond),
        walBytes,
        heapRatio,
        1.5,
        0.75,
        40,
        2.5,
        3 << 20,
        null,
        null);
  }

  static Measurement measured(Result... results) {
    return new Measurement("PostgreSQL 18.6", 1_000, 3, 0, List.of(results));
  }
}
