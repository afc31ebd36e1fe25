package dev.backfill.internal.signal;

import java.time.Duration;

/**
 * How fast batches may follow each other. The seam at which everything that slows a run down meets
 * the workers: caps today; the WAL window, gates and the pacer take the same place.
 */
public interface Pace {

  /** Returned by {@link #maxRows} where only time limits a batch. */
  int UNLIMITED = Integer.MAX_VALUE;

  /** The most rows that the next batch may have; the first pass of a window writes more per row. */
  int maxRows(boolean firstPass);

  /** Waits until the next batch may start. Throttled time is never a failure. */
  void awaitTurn() throws InterruptedException;

  /** Is told what a committed batch did; waiting is not part of the server's time. */
  void completed(long rows, Duration serverTime, boolean firstPass);
}
