package dev.backfill.examples.benchmark;

import java.time.Duration;

/**
 * What one fill of one fresh table cost.
 *
 * @param rows how many rows hold their value at the end, and had to
 */
record Sample(
    FilledRows rows,
    Duration duration,
    long walBytes,
    TableFigures before,
    TableFigures after,
    double clientCpuSeconds,
    long clientPeakHeapBytes,
    Beside.Felt felt) {

  double rowsPerSecond() {
    return rows.right() * 1e9 / duration.toNanos();
  }

  double heapRatio() {
    return (double) after.heapBytes() / before.heapBytes();
  }

  double indexRatio() {
    return (double) after.indexBytes() / before.indexBytes();
  }
}
