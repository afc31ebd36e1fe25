package dev.backfill.examples.benchmark;

import java.util.List;
import java.util.Optional;
import java.util.function.ToDoubleFunction;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * The medians of a contender's runs on one table.
 *
 * @param tableBytes of the table with its indexes, before
 * @param due how many rows had to be filled
 * @param rows how many were; fewer than were due: the contender was cut
 * @param rounds rows per second of each round
 * @param hotShare the share of the updates that wrote no index entry
 * @param deadTuples that are left for a vacuum
 * @param clientCpuSeconds of the process in which all contenders run
 * @param traffic what an application felt beside it; absent without one
 * @param lag of a standby; absent without one
 */
record Result(
    String table,
    String contender,
    long tableBytes,
    long due,
    long rows,
    double rowsPerSecond,
    List<Double> rounds,
    long walBytes,
    double heapRatio,
    double indexRatio,
    double hotShare,
    long deadTuples,
    double clientCpuSeconds,
    long clientPeakHeapBytes,
    @Nullable TrafficResult traffic,
    @Nullable LagResult lag) {

  static Result of(BenchTable table, String contender, List<Sample> samples) {
    return new Result(
        table.name(),
        contender,
        samples.get(0).before().totalBytes(),
        samples.get(0).rows().due(),
        (long) median(samples, s -> s.rows().right()),
        median(samples, Sample::rowsPerSecond),
        samples.stream().map(Sample::rowsPerSecond).toList(),
        (long) median(samples, Sample::walBytes),
        median(samples, Sample::heapRatio),
        median(samples, Sample::indexRatio),
        median(samples, s -> s.after().hotShare()),
        (long) median(samples, s -> s.after().deadTuples()),
        median(samples, Sample::clientCpuSeconds),
        (long) median(samples, Sample::clientPeakHeapBytes),
        TrafficResult.of(samples.stream().flatMap(s -> s.felt().latencies().stream()).toList()),
        LagResult.of(
            samples.stream()
                .flatMap(s -> s.felt().lags().stream())
                .flatMap(List::stream)
                .toList()));
  }

  /** One that was cut has written less. */
  double walBytesPerRow() {
    return (double) walBytes / Math.max(1, rows);
  }

  /** The share of the rows after which the contender was cut, in percent; empty when it was not. */
  Optional<Long> cutAfterPercent() {
    return rows < due ? Optional.of(100 * rows / due) : Optional.empty();
  }

  /**
   * How many times as fast as another of the same table and rounds it was: the median of what each
   * round says.
   */
  double timesAsFastAs(Result other) {
    return median(
        IntStream.range(0, rounds.size())
            .mapToDouble(round -> rounds.get(round) / other.rounds.get(round)));
  }

  private static double median(List<Sample> samples, ToDoubleFunction<Sample> figure) {
    return median(samples.stream().mapToDouble(figure));
  }

  private static double median(DoubleStream figures) {
    double[] sorted = figures.sorted().toArray();
    int middle = sorted.length / 2;
    return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  }
}
