package dev.backfill.internal.batch;

import dev.backfill.model.BatchSize;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * How many rows a batch has. The adaptive size is what the server fills within the target, judged
 * by the slow tenth of recent batches; it grows by half at most and shrinks at once. The first pass
 * of a window and the later ones have sizers of their own, since a row costs several times as much
 * in the first.
 */
final class Sizer {
  static final int FLOOR = 20;
  private static final int START = 500;
  private static final int CEILING = 50_000;
  private static final int REMEMBERED = 20;
  private static final double GROWTH = 1.5;

  private final BatchSize size;
  private final Deque<Double> nanosPerRow = new ArrayDeque<>();
  private double rows;

  Sizer(BatchSize size) {
    this.size = size;
    this.rows = size instanceof BatchSize.Fixed fixed ? fixed.rows() : START;
  }

  int rows() {
    return (int) rows;
  }

  /** Learns from a committed batch: only the time that the server worked, never a wait. */
  void committed(long candidates, Duration serverTime) {
    if (size instanceof BatchSize.Adaptive adaptive && candidates > 0) {
      if (nanosPerRow.size() == REMEMBERED) {
        nanosPerRow.removeFirst();
      }
      nanosPerRow.addLast((double) serverTime.toNanos() / candidates);
      double fitting = adaptive.target().toNanos() / slowTenth();
      rows = Math.max(FLOOR, Math.min(CEILING, Math.min(rows * GROWTH, fitting)));
    } else if (size instanceof BatchSize.Fixed fixed) {
      rows = Math.min(fixed.rows(), rows * GROWTH + 1);
    }
  }

  /** Halves the batch after it was rolled back. */
  void rolledBack() {
    rows = Math.max(1, rows / 2);
  }

  private double slowTenth() {
    double[] sorted = nanosPerRow.stream().mapToDouble(Double::doubleValue).sorted().toArray();
    return Math.max(1, sorted[(int) Math.ceil(sorted.length * 0.9) - 1]);
  }
}
