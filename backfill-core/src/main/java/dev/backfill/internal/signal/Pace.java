package dev.backfill.internal.signal;

import java.time.Duration;

/** How fast batches may follow each other: all that slows a run down, as its workers see it. */
public interface Pace {

  /** Returned by {@link #maxRows} where only time limits a batch. */
  int UNLIMITED = Integer.MAX_VALUE;

  /** The most rows that the next batch may have; the first pass of a window writes more per row. */
  int maxRows(boolean firstPass);

  /**
   * When to ask again whether a batch may start; zero when it may start now. Throttled time is
   * never a failure.
   */
  Duration turnIn();

  /** A worker begins with a window whose pages were not written of late. */
  void windowStarted();

  /** Is told what a committed batch did, and says for how long its worker is to rest. */
  Duration completed(BatchReport batch);
}
