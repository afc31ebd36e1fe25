package dev.backfill.internal.signal;

/**
 * How many transactions others run per second: what the database counted, less what we did. Our own
 * are a guess on the high side, so that a server where we are alone looks empty.
 */
final class Arrivals {
  private static final double NANOS = 1e9;
  // A batch may ask for its end first.
  private static final int PER_BATCH = 2;
  // Looks at standbys and load, heartbeats, the lease, claims of windows.
  private static final double OURS_PER_SECOND = 25;

  private long at;
  private long transactions = -1;
  private long batches;

  /** Zero at the first call, and when the statistics were reset. */
  double perSecond(long now, long transactionsNow, long batchesNow) {
    double seconds = (now - at) / NANOS;
    long all = transactionsNow - transactions;
    long ours = PER_BATCH * (batchesNow - batches);
    boolean known = transactions >= 0 && all >= 0 && seconds > 0;
    at = now;
    transactions = transactionsNow;
    batches = batchesNow;
    return known ? Math.max(0, (all - ours) / seconds - OURS_PER_SECOND) : 0;
  }
}
