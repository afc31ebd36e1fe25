package dev.backfill.spring.metrics;

import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** For how long a signal has held a backfill, the present time included. */
final class Throttled {
  private final String name;
  private long before;
  private Optional<Long> since = Optional.empty();

  Throttled(String name) {
    this.name = name;
  }

  synchronized void begins(long now) {
    if (since.isEmpty()) {
      since = Optional.of(now);
    }
  }

  synchronized void ends(long now) {
    before += since.map(began -> now - began).orElse(0L);
    since = Optional.empty();
  }

  /** Ends when the run has. */
  synchronized void endsIf(String ended, long now) {
    if (name.equals(ended)) {
      ends(now);
    }
  }

  synchronized double seconds(long now) {
    long nanos = before + since.map(began -> now - began).orElse(0L);
    return nanos / (double) TimeUnit.SECONDS.toNanos(1);
  }
}
