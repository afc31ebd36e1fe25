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
    return of(table, contender, rows, rowsPerSecond, List.of(rowsPerSecond), walBytes, heapRatio);
  }

  /** With nothing known but the rows per second of three rounds, of which one is their median. */
  static Result ofRounds(String contender, double one, double two, double three) {
    List<Double> rounds = List.of(one, two, three);
    double median = rounds.stream().sorted().toList().get(1);
    return of(BenchTables.THREE_INDEXES, contender, 1_000, median, rounds, 1, 1);
  }

  private static Result of(
      BenchTable table,
      String contender,
      long rows,
      double rowsPerSecond,
      List<Double> rounds,
      long walBytes,
      double heapRatio) {
    return new Result(
        table.name(),
        contender,
        1 << 20,
        1_000,
        rows,
        rowsPerSecond,
        rounds,
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
