package dev.backfill.examples.benchmark;

import java.util.List;
import java.util.function.ToDoubleFunction;

/** The medians of a contender's runs on one table; fewer rows than the table has: it was cut. */
record Result(
    String table,
    String contender,
    long rows,
    double rowsPerSecond,
    long walBytes,
    double heapRatio,
    double hotShare,
    double indexRatio) {

  static Result of(BenchTable table, String contender, List<Sample> samples) {
    return new Result(
        table.name(),
        contender,
        (long) median(samples, Sample::rows),
        median(samples, Sample::rowsPerSecond),
        (long) median(samples, Sample::walBytes),
        median(samples, Sample::heapRatio),
        median(samples, Sample::hotShare),
        median(samples, Sample::indexRatio));
  }

  private static double median(List<Sample> samples, ToDoubleFunction<Sample> figure) {
    double[] sorted = samples.stream().mapToDouble(figure).sorted().toArray();
    int middle = sorted.length / 2;
    return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  }
}
