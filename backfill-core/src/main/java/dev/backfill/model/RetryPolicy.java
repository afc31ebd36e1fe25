package dev.backfill.model;

import java.time.Duration;

/**
 * How often a batch is tried again after a deadlock, a lock timeout, a serialization failure or a
 * lost connection, with exponential, jittered pauses. A server that is down, read-only, full or out
 * of connections is waited for without end, with pauses up to {@code maxPause}; the run goes on by
 * itself, and can be stopped meanwhile.
 *
 * @param maxAttempts attempts of one batch without progress, the first included; default 20
 * @param initialPause pause before the second attempt; default 50 ms
 * @param maxPause ceiling of the pause; default 10 s
 */
public record RetryPolicy(int maxAttempts, Duration initialPause, Duration maxPause) {
  public RetryPolicy {
    if (maxAttempts < 1) {
      throw new IllegalArgumentException(
          "retry: maxAttempts must be at least 1, was " + maxAttempts);
    }
    if (initialPause.toMillis() < 10) {
      throw new IllegalArgumentException("retry: initialPause must be at least 10 ms");
    }
    if (maxPause.compareTo(initialPause) < 0) {
      throw new IllegalArgumentException("retry: maxPause is shorter than initialPause");
    }
  }

  public static RetryPolicy defaults() {
    return new RetryPolicy(20, Duration.ofMillis(50), Duration.ofSeconds(10));
  }
}
