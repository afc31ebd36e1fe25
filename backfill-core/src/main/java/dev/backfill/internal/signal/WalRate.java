package dev.backfill.internal.signal;

import dev.backfill.internal.time.Ticker;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;

/** Keeps all workers of a run together below a number of WAL bytes per second. */
final class WalRate {
  // A limiter counts in int: bytes would overflow at 2 GB owed.
  private static final long UNIT = 1024;

  private final long bytesPerSecond;
  private final Allowance kilobytes;
  private final AtomicLong remainder = new AtomicLong();

  WalRate(long bytesPerSecond, Ticker ticker) {
    this(bytesPerSecond, new Allowance("wal", kilobytes(bytesPerSecond), ticker));
  }

  WalRate(long bytesPerSecond, Allowance kilobytes) {
    this.bytesPerSecond = bytesPerSecond;
    this.kilobytes = kilobytes;
  }

  /** The most WAL that a batch may make: what a second allows, so that the rate is even. */
  long maxBytes() {
    return bytesPerSecond;
  }

  Duration turnIn() {
    return kilobytes.turnIn();
  }

  /** Is told how much WAL a committed batch made. */
  void written(long bytes) {
    if (bytes > 0) {
      long before = remainder.getAndUpdate(left -> (left + bytes) % UNIT);
      kilobytes.spent((before + bytes) / UNIT);
    }
  }

  static long kilobytes(long bytesPerSecond) {
    return Math.max(1, bytesPerSecond / UNIT);
  }
}
