package dev.backfill.internal.signal;

import dev.backfill.internal.time.Ticker;
import io.github.resilience4j.ratelimiter.RateLimiter;
import io.github.resilience4j.ratelimiter.RateLimiterConfig;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;

/**
 * What all workers together may spend in a second. A batch is paid for afterwards, when it is known
 * what it took, and the next one waits until that is paid.
 */
final class Allowance {
  private static final int PERIODS_PER_SECOND = 10;
  // Longer than any wait for a batch: a reservation is never refused, only later.
  private static final Duration FOREVER = Duration.ofDays(1);

  private final RateLimiter limiter;
  private final Ticker ticker;
  private final AtomicLong notBefore;

  Allowance(String name, long perSecond, Ticker ticker) {
    this(perSecond, ticker, config -> RateLimiter.of(name, config));
  }

  Allowance(long perSecond, Ticker ticker, Function<RateLimiterConfig, RateLimiter> limiters) {
    this.ticker = ticker;
    this.notBefore = new AtomicLong(ticker.nanos());
    // Below ten a second a period holds one and lasts longer.
    long rate = Math.min(perSecond, (long) PERIODS_PER_SECOND * Integer.MAX_VALUE);
    long perPeriod = Math.max(1, rate / PERIODS_PER_SECOND);
    this.limiter =
        limiters.apply(
            RateLimiterConfig.custom()
                .limitForPeriod((int) perPeriod)
                .limitRefreshPeriod(Duration.ofNanos((long) (1e9 * perPeriod / rate)))
                .timeoutDuration(FOREVER)
                .build());
  }

  /** When what was spent is paid; zero when it is. */
  Duration turnIn() {
    return Duration.ofNanos(Math.max(0, notBefore.get() - ticker.nanos()));
  }

  /** Resilience4j's own wait parks through a JVM-global function; a reservation leaves it to us. */
  void spent(long amount) {
    if (amount > 0) {
      long wait = limiter.reservePermission((int) Math.min(amount, Integer.MAX_VALUE));
      notBefore.accumulateAndGet(ticker.nanos() + wait, (a, b) -> a - b > 0 ? a : b);
    }
  }
}
