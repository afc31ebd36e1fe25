package dev.backfill.internal.batch;

/**
 * How many keys a batch may have while a bad row is looked for:
 *
 * <ol>
 *   <li>A batch that failed is tried with half its keys. What passes is done, and the bad row is
 *       among the rest: so a row is found in as many batches as the first one can be halved.
 *   <li>Behind it batches begin with one key and double, since bad rows come in clusters.
 * </ol>
 */
final class Narrowing {
  private long most = Long.MAX_VALUE;
  private long suspect;

  /** At most so many keys are the next batch's. */
  long most() {
    return most;
  }

  /** A batch with so many keys failed by one of its rows. */
  void failed(long keys) {
    suspect = keys;
    most = Math.max(1, keys / 2);
  }

  /** A batch with so many keys was committed. */
  void passed(long keys) {
    suspect = Math.max(0, suspect - keys);
    if (suspect > 0) {
      most = Math.max(1, suspect / 2);
    } else if (most < Long.MAX_VALUE) {
      most = most > Long.MAX_VALUE / 2 ? Long.MAX_VALUE : most * 2;
    }
  }

  /** The bad row is left behind. */
  void found() {
    suspect = 0;
    most = 1;
  }
}
