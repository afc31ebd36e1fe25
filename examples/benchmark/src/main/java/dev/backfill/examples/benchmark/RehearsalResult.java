package dev.backfill.examples.benchmark;

import dev.backfill.model.Rehearsal;
import java.util.List;
import java.util.Locale;

/**
 * A rehearsal, and the run that it was for.
 *
 * @param withinAFifth whether rate, WAL and duration were predicted as well as that
 */
record RehearsalResult(
    String table,
    Figures predicted,
    Figures real,
    double uncertainty,
    List<String> reasons,
    boolean withinAFifth) {
  private static final double FIFTH = 0.2;

  /** What a run comes to. */
  record Figures(double rowsPerSecond, long walBytes, double seconds, long heapGrowthBytes) {

    static Figures of(Rehearsal rehearsal) {
      return new Figures(
          rehearsal.rowsPerSecond(),
          rehearsal.walBytes(),
          rehearsal.duration().toMillis() / 1000.0,
          rehearsal.heapGrowthBytes());
    }
  }

  static RehearsalResult of(String table, Rehearsal rehearsal, Figures real) {
    Figures predicted = Figures.of(rehearsal);
    return new RehearsalResult(
        table,
        predicted,
        real,
        rehearsal.uncertainty(),
        rehearsal.reasons(),
        near(predicted.rowsPerSecond(), real.rowsPerSecond())
            && near((double) predicted.walBytes(), (double) real.walBytes())
            && near(predicted.seconds(), real.seconds()));
  }

  private static boolean near(double predicted, double real) {
    return Math.abs(predicted - real) <= FIFTH * real;
  }

  @Override
  public String toString() {
    return "  "
        + String.format(Locale.ROOT, "%-14s %12s %12s %7s%n", table, "predicted", "real", "ratio")
        + line("rows/s", predicted.rowsPerSecond(), real.rowsPerSecond())
        + line("MB of WAL", predicted.walBytes() / 1e6, real.walBytes() / 1e6)
        + line("seconds", predicted.seconds(), real.seconds())
        + line("MB of growth", predicted.heapGrowthBytes() / 1e6, real.heapGrowthBytes() / 1e6);
  }

  private static String line(String what, double predicted, double real) {
    return String.format(
        Locale.ROOT,
        "  %-14s %,12.1f %,12.1f %7.2f%n",
        what,
        predicted,
        real,
        real == 0 ? 1 : predicted / real);
  }
}
