package dev.backfill.internal.time;

/** A monotonic clock in nanoseconds; injected so that tests decide what time it is. */
@FunctionalInterface
public interface Ticker {
  long nanos();

  static Ticker system() {
    return System::nanoTime;
  }
}
