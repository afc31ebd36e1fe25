package dev.backfill.examples.benchmark;

import java.time.Duration;

/**
 * What one fill of one fresh table cost.
 *
 * @param rows how many rows hold a value at the end
 * @param hotShare the share of the updates that wrote no index entry
 */
record Sample(
    long rows,
    Duration duration,
    long walBytes,
    double heapRatio,
    double indexRatio,
    double hotShare) {
  double rowsPerSecond() {
    return rows * 1e9 / duration.toNanos();
  }
}
