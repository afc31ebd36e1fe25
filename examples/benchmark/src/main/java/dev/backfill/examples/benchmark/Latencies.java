package dev.backfill.examples.benchmark;

import java.util.ArrayList;
import java.util.List;
import java.util.NavigableMap;
import java.util.Random;
import java.util.TreeMap;
import java.util.function.ToDoubleFunction;
import org.HdrHistogram.Histogram;

/**
 * Latencies of transactions, by the second in which each was due. Those of one second resemble each
 * other: one stall hits many. So it is seconds, not transactions, that the confidence intervals
 * draw again and again (a block bootstrap). Thread-safe while it is filled.
 */
final class Latencies {
  private static final int DIGITS = 3;
  private static final int DRAWS = 500;
  private static final double OUTSIDE_EACH_END = 0.025;

  private final NavigableMap<Long, Histogram> bySecond = new TreeMap<>();

  /** Takes in one that was due in that second. */
  synchronized void add(long second, long nanos) {
    bySecond
        .computeIfAbsent(second, s -> new Histogram(DIGITS))
        .recordValue(Math.max(1, nanos / 1000));
  }

  /** Takes in what was measured afterwards. */
  synchronized void addAll(Latencies others) {
    long after = bySecond.isEmpty() ? 0 : bySecond.lastKey() + 1;
    others.bySecond.forEach((second, histogram) -> bySecond.put(after + second, histogram));
  }

  long count() {
    return all().getTotalCount();
  }

  /** In milliseconds. */
  double percentile(double percentile) {
    return millis(all(), percentile);
  }

  double max() {
    return all().getMaxValue() / 1000.0;
  }

  /** A percentile with the 95 % interval about it, in milliseconds. */
  Estimate estimate(double percentile) {
    return interval(percentile(percentile), drawn(h -> millis(h, percentile), new Random(1)));
  }

  /** How many times that of others a percentile is. */
  Estimate ratio(double percentile, Latencies others) {
    List<Double> mine = drawn(h -> millis(h, percentile), new Random(1));
    List<Double> theirs = others.drawn(h -> millis(h, percentile), new Random(2));
    List<Double> ratios = new ArrayList<>();
    for (int i = 0; i < mine.size(); i++) {
      ratios.add(mine.get(i) / theirs.get(i));
    }
    return interval(percentile(percentile) / others.percentile(percentile), ratios);
  }

  private List<Double> drawn(ToDoubleFunction<Histogram> figure, Random random) {
    List<Histogram> seconds = List.copyOf(bySecond.values());
    List<Double> figures = new ArrayList<>();
    for (int draw = 0; draw < DRAWS; draw++) {
      Histogram sum = new Histogram(DIGITS);
      for (int i = 0; i < seconds.size(); i++) {
        sum.add(seconds.get(random.nextInt(seconds.size())));
      }
      figures.add(figure.applyAsDouble(sum));
    }
    return figures;
  }

  private static Estimate interval(double value, List<Double> drawn) {
    List<Double> sorted = drawn.stream().sorted().toList();
    int cut = (int) (OUTSIDE_EACH_END * sorted.size());
    return new Estimate(value, sorted.get(cut), sorted.get(sorted.size() - 1 - cut));
  }

  private Histogram all() {
    Histogram sum = new Histogram(DIGITS);
    bySecond.values().forEach(sum::add);
    return sum;
  }

  private static double millis(Histogram histogram, double percentile) {
    return histogram.getValueAtPercentile(percentile) / 1000.0;
  }
}
