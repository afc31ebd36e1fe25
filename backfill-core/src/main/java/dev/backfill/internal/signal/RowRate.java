package dev.backfill.internal.signal;

import dev.backfill.internal.time.Sleeper;
import dev.backfill.internal.time.Ticker;
import java.time.Duration;
import java.util.OptionalLong;

/** Keeps all workers of a run together below a number of rows per second. */
public final class RowRate implements Pace {
  private final long rowsPerSecond;
  private final Allowance allowance;

  RowRate(long rowsPerSecond, Allowance allowance) {
    this.rowsPerSecond = rowsPerSecond;
    this.allowance = allowance;
  }

  /** A pace that keeps the cap, or holds nothing back when there is none. */
  public static Pace of(OptionalLong rowsPerSecond, Ticker ticker, Sleeper sleeper) {
    if (rowsPerSecond.isEmpty()) {
      return new Unlimited();
    }
    long rows = rowsPerSecond.getAsLong();
    return new RowRate(rows, new Allowance("rows", rows, ticker, sleeper));
  }

  @Override
  public int maxRows(boolean firstPass) {
    // At most what a second allows, so that the rate is even and not one burst with a long rest.
    return (int) Math.min(Integer.MAX_VALUE, rowsPerSecond);
  }

  @Override
  public void awaitTurn() throws InterruptedException {
    allowance.await();
  }

  @Override
  public void completed(long rows, Duration serverTime, boolean firstPass) {
    // How many rows the range really held is known only now.
    allowance.spent(rows);
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
