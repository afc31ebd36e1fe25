package dev.backfill.internal.signal;

import java.time.Duration;

/**
 * When the primary was where: turns a standby's replayed position into a lag by one clock, ours.
 *
 * <p>The lag is the age of the last sample at or below the replayed position. The first such sample
 * would add the time in which nothing was written; interpolation reads too low. Where samples are
 * left out the lag reads higher, never lower: by less than {@link #SPACING_NANOS} for the newest
 * half of the ring, which is at least 100 s, and by a few hundredths of the lag beyond.
 *
 * <p>Thread-safe: workers sample after each batch.
 */
final class LagRing {
  static final int CAPACITY = 4096;
  private static final long SPACING_NANOS = 50_000_000L;
  private static final int RESOLUTION = 100;
  // Two sessions that ask at the same time may be answered in either order.
  private static final long OVERTAKEN_NANOS = 1_000_000_000L;

  private final long[] nanos = new long[CAPACITY];
  private final long[] positions = new long[CAPACITY];
  private int size;

  /**
   * Adds where the primary was. A position below the last one is another history and clears the
   * ring, unless it comes so soon that it was overtaken on its way here.
   */
  synchronized void sampled(long now, long flushLsn) {
    if (size > 0) {
      long since = now - nanos[size - 1];
      boolean back = flushLsn < positions[size - 1];
      if (since < 0 || (back && since < OVERTAKEN_NANOS)) {
        return;
      }
      if (back) {
        size = 0;
      }
    }
    if (size == CAPACITY) {
      thinOut();
    }
    if (size >= 2 && newestTellsLittle(flushLsn)) {
      size--;
    }
    nanos[size] = now;
    positions[size] = flushLsn;
    size++;
  }

  /** Forgets everything, as is right on a new timeline. */
  synchronized void clear() {
    size = 0;
  }

  /** How far a standby that has replayed this much is behind; at least zero with no sample yet. */
  synchronized Lag lag(long now, long replayedLsn) {
    if (size == 0) {
      return new Lag(Duration.ZERO, true, 0);
    }
    long bytes = positions[size - 1] - replayedLsn;
    if (bytes <= 0) {
      return new Lag(Duration.ZERO, false, 0);
    }
    int last = lastAtOrBelow(replayedLsn);
    long age = now - nanos[Math.max(0, last)];
    return new Lag(Duration.ofNanos(Math.max(0, age)), last < 0, bytes);
  }

  synchronized int size() {
    return size;
  }

  /** Of a stretch without WAL the first and the last moment are enough. */
  private boolean newestTellsLittle(long flushLsn) {
    int newest = size - 1;
    return nanos[newest] - nanos[newest - 1] < SPACING_NANOS || positions[newest - 1] == flushLsn;
  }

  /** Leaves out of the older half what is close to its predecessor, measured by its age. */
  private void thinOut() {
    int half = size / 2;
    int kept = 1;
    for (int i = 1; i < half; i++) {
      long age = nanos[size - 1] - nanos[i];
      if (nanos[i] - nanos[kept - 1] > age / RESOLUTION && kept < half - 1) {
        copy(i, kept++);
      }
    }
    for (int i = half; i < size; i++) {
      copy(i, kept++);
    }
    size = kept;
  }

  private void copy(int from, int to) {
    nanos[to] = nanos[from];
    positions[to] = positions[from];
  }

  private int lastAtOrBelow(long position) {
    int low = 0;
    int high = size;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (positions[middle] <= position) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low - 1;
  }
}
