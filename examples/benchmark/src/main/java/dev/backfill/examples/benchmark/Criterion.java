package dev.backfill.examples.benchmark;

import java.util.Optional;
import java.util.function.Function;

/**
 * A bound on a figure of one table.
 *
 * @param atLeast whether the figure must not be below it, or else not above
 * @param figure empty when it was not measured
 */
record Criterion(
    String table,
    String what,
    boolean atLeast,
    double bound,
    Function<Measurement, Optional<Double>> figure) {

  /** So many times as fast as another contender. */
  static Criterion faster(BenchTable table, String contender, String other, double times) {
    return new Criterion(
        table.name(),
        contender + " / " + other + ", rows/s",
        true,
        times,
        m ->
            m.find(table.name(), contender)
                .flatMap(a -> m.find(table.name(), other).map(a::timesAsFastAs)));
  }

  /** WAL for a row beside that of the single UPDATE. */
  static Criterion lessWal(BenchTable table, String contender, double times) {
    return new Criterion(
        table.name(),
        contender + " / " + SingleUpdate.NAME + ", WAL",
        false,
        times,
        m -> m.find(table.name(), contender).flatMap(m::walRatio));
  }

  /** The heap's size after the fill beside that before it. */
  static Criterion heap(BenchTable table, String contender, double times) {
    return new Criterion(
        table.name(),
        contender + ", heap after / before",
        false,
        times,
        m -> m.find(table.name(), contender).map(Result::heapRatio));
  }

  Optional<Verdict> judge(Measurement measurement) {
    return figure
        .apply(measurement)
        .map(
            measured ->
                new Verdict(
                    table,
                    what,
                    (atLeast ? ">= " : "<= ") + bound,
                    measured,
                    atLeast ? measured >= bound : measured <= bound));
  }
}
