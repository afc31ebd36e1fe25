package dev.backfill.examples.local;

/**
 * Lets so many bytes pass in a second: each is let through at once and owed for, and the next waits
 * until nothing is owed any more. The rate may change while somebody waits.
 */
final class RateLimit {
  /** Unused time that is kept, since a thread wakes up later than it asked for. */
  private static final double CREDIT_SECONDS = 0.05;

  private double bytesPerSecond = Double.POSITIVE_INFINITY;
  private double owed;
  private long last = System.nanoTime();

  synchronized void set(double rate) {
    settle();
    bytesPerSecond = rate;
    notifyAll();
  }

  synchronized double get() {
    return bytesPerSecond;
  }

  /** Waits until this many bytes may pass. */
  synchronized void pass(int bytes) throws InterruptedException {
    settle();
    while (owed > 0) {
      double seconds = owed / bytesPerSecond;
      // Without a rate until there is one.
      wait(Double.isInfinite(seconds) ? 0 : 1 + (long) (seconds * 1000));
      settle();
    }
    owed += bytes;
  }

  private void settle() {
    long now = System.nanoTime();
    double seconds = (now - last) / 1e9;
    last = now;
    if (Double.isInfinite(bytesPerSecond)) {
      owed = 0;
    } else {
      owed = Math.max(owed - bytesPerSecond * seconds, -bytesPerSecond * CREDIT_SECONDS);
    }
  }
}
