package dev.backfill.internal.signal;

import dev.backfill.internal.time.Sleeper;
import dev.backfill.internal.time.Ticker;
import io.github.resilience4j.ratelimiter.RateLimiter;
import io.github.resilience4j.ratelimiter.RateLimiterConfig;
import java.time.Duration;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicLong;

/** Keeps all workers of a run together below a number of rows per second. */
public final class RowRate implements Pace {
  private static final int PERIODS_PER_SECOND = 10;
  // Longer than any wait for a batch: a reservation is never refused, only later.
  private static final Duration FOREVER = Duration.ofDays(1);

  private final RateLimiter limiter;
  private final int rowsPerPeriod;
  private final Ticker ticker;
  private final Sleeper sleeper;
  private final AtomicLong notBefore;

  private RowRate(long rowsPerSecond, Ticker ticker, Sleeper sleeper) {
    this.ticker = ticker;
    this.sleeper = sleeper;
    this.notBefore = new AtomicLong(ticker.nanos());
    // Below ten rows a second a period holds one row and lasts longer.
    long perPeriod = Math.max(1, rowsPerSecond / PERIODS_PER_SECOND);
    this.rowsPerPeriod = (int) Math.min(perPeriod, Integer.MAX_VALUE);
    this.limiter =
        RateLimiter.of(
            "rows",
            RateLimiterConfig.custom()
                .limitForPeriod(rowsPerPeriod)
                .limitRefreshPeriod(Duration.ofNanos(1_000_000_000L * perPeriod / rowsPerSecond))
                .timeoutDuration(FOREVER)
                .build());
  }

  /** A pace that keeps the cap, or holds nothing back when there is none. */
  public static Pace of(OptionalLong rowsPerSecond, Ticker ticker, Sleeper sleeper) {
    return rowsPerSecond.isPresent()
        ? new RowRate(rowsPerSecond.getAsLong(), ticker, sleeper)
        : new Unlimited();
  }

  @Override
  public int maxRows(boolean firstPass) {
    // At most what a second allows, so that the rate is even and not one burst with a long rest.
    return (int) Math.min(Integer.MAX_VALUE, (long) rowsPerPeriod * PERIODS_PER_SECOND);
  }

  @Override
  public void awaitTurn() throws InterruptedException {
    long wait = notBefore.get() - ticker.nanos();
    if (wait > 0) {
      sleeper.sleep(Duration.ofNanos(wait));
    }
  }

  @Override
  public void completed(long rows, Duration serverTime, boolean firstPass) {
    if (rows > 0) {
      // Paid for afterwards, when it is known how many rows the range really held. Resilience4j's
      // own
      // wait parks through a JVM-global function; the reservation leaves the waiting to us.
      long wait = limiter.reservePermission((int) Math.min(rows, Integer.MAX_VALUE));
      notBefore.accumulateAndGet(ticker.nanos() + wait, (a, b) -> a - b > 0 ? a : b);
    }
  }

  private static final class Unlimited implements Pace {
    @Override
    public int maxRows(boolean firstPass) {
      return UNLIMITED;
    }

    @Override
    public void awaitTurn() {
      // Nothing to wait for.
    }

    @Override
    public void completed(long rows, Duration serverTime, boolean firstPass) {
      // Nothing to learn.
    }
  }
}
