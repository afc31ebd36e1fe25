package dev.backfill.internal.signal;

import dev.backfill.internal.time.Ticker;
import java.time.Duration;

/** Keeps all workers of a run together below a number of rows per second. */
final class RowRate {
  private final long rowsPerSecond;
  private final Allowance allowance;

  RowRate(long rowsPerSecond, Ticker ticker) {
    this(rowsPerSecond, new Allowance("rows", rowsPerSecond, ticker));
  }

  RowRate(long rowsPerSecond, Allowance allowance) {
    this.rowsPerSecond = rowsPerSecond;
    this.allowance = allowance;
  }

  /** What a second allows, so that the rate is even and not one burst with a long rest. */
  int maxRows() {
    return (int) Math.min(Integer.MAX_VALUE, rowsPerSecond);
  }

  /** When the rows so far are paid for. */
  Duration turnIn() {
    return allowance.turnIn();
  }

  /** Is told how many rows a batch filled; how many its range held is known only afterwards. */
  void filled(long rows) {
    allowance.spent(rows);
  }
}
