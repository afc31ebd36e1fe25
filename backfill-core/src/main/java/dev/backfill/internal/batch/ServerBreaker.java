package dev.backfill.internal.batch;

import dev.backfill.internal.time.Ticker;
import dev.backfill.model.RetryPolicy;
import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig;
import io.github.resilience4j.core.IntervalFunction;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;

/** The circuit breaker between a run and its server. */
final class ServerBreaker {
  // One answer of no may be a backend that somebody terminated.
  private static final int FAILURES = 3;
  private static final Duration FIRST_PAUSE = Duration.ofMillis(500);
  private static final double FACTOR = 2.0;
  private static final double JITTER = 0.3;
  // Longer than any pool lets us wait for a connection.
  private static final Duration LONGEST_ANSWER = Duration.ofMinutes(2);

  private ServerBreaker() {}

  static CircuitBreaker of(RetryPolicy policy, Ticker ticker) {
    Duration longest = policy.maxPause();
    Duration first = FIRST_PAUSE.compareTo(longest) < 0 ? FIRST_PAUSE : longest;
    return CircuitBreaker.of(
        "server",
        CircuitBreakerConfig.custom()
            .slidingWindow(FAILURES, FAILURES, CircuitBreakerConfig.SlidingWindowType.COUNT_BASED)
            .failureRateThreshold(100)
            .permittedNumberOfCallsInHalfOpenState(1)
            .maxWaitDurationInHalfOpenState(LONGEST_ANSWER)
            .waitIntervalFunctionInOpenState(
                IntervalFunction.ofExponentialRandomBackoff(first, FACTOR, JITTER, longest))
            .clock(new TickerClock(ticker))
            .build());
  }

  /** So that tests decide what time it is, and a node's wall clock may be wrong. */
  private static final class TickerClock extends Clock {
    private final Ticker ticker;

    TickerClock(Ticker ticker) {
      this.ticker = ticker;
    }

    @Override
    public Instant instant() {
      return Instant.EPOCH.plusNanos(ticker.nanos());
    }

    @Override
    public ZoneId getZone() {
      return ZoneOffset.UTC;
    }

    @Override
    public Clock withZone(ZoneId zone) {
      return this;
    }
  }
}
