package dev.backfill.internal.batch;

import dev.backfill.event.BackfillEvent;
import dev.backfill.internal.checkpoint.Lease;
import dev.backfill.internal.checkpoint.WindowStore;
import dev.backfill.internal.postgres.Target;
import dev.backfill.internal.signal.Pace;
import dev.backfill.internal.time.Sleeper;
import dev.backfill.internal.time.Ticker;
import dev.backfill.internal.vacuum.Vacuuming;
import dev.backfill.model.Options;
import java.time.Duration;
import java.util.function.Consumer;
import java.util.function.IntSupplier;

/**
 * What every part of the backfill of one run shares.
 *
 * @param workers how many are wanted now
 */
public record BatchContext(
    Target target,
    Lease lease,
    WindowStore windows,
    Quarantine quarantine,
    Control control,
    Outages outages,
    Vacuuming vacuuming,
    Pace pace,
    IntSupplier workers,
    Consumer<BackfillEvent> events,
    Ticker ticker,
    Sleeper sleeper) {

  private static final Duration SLICE = Duration.ofMillis(100);

  String run() {
    return lease.run();
  }

  Options options() {
    return target.spec().options();
  }

  /** Returns when the next batch may start; pause, stop and a lost lease are seen meanwhile. */
  void awaitTurn() throws InterruptedException {
    while (true) {
      control.proceed();
      Duration wait = pace.turnIn();
      if (wait.isZero()) {
        return;
      }
      sleeper.sleep(wait.compareTo(SLICE) < 0 ? wait : SLICE);
    }
  }

  /** Leaves the server to others for a while. */
  void rest(Duration duration) throws InterruptedException {
    boolean unused =
        rest(
            duration,
            () -> {
              control.proceed();
              return true;
            },
            ticker,
            sleeper);
  }

  /** Asked between two slices of a rest. */
  private interface GoingOn {
    boolean ask() throws InterruptedException;
  }

  /** Returns false, and at once, when it is not to go on. */
  private static boolean rest(Duration duration, GoingOn goingOn, Ticker ticker, Sleeper sleeper)
      throws InterruptedException {
    long until = ticker.nanos() + duration.toNanos();
    for (long left = duration.toNanos(); left > 0; left = until - ticker.nanos()) {
      if (!goingOn.ask()) {
        return false;
      }
      sleeper.sleep(Duration.ofNanos(Math.min(left, SLICE.toNanos())));
    }
    return true;
  }

  /** How workers are held while their table waits for a vacuum. */
  public static Vacuuming.Holding holding(Control control, Ticker ticker, Sleeper sleeper) {
    return new Vacuuming.Holding() {
      @Override
      public boolean rest(Duration duration) throws InterruptedException {
        return BatchContext.rest(duration, control::wanted, ticker, sleeper) && control.wanted();
      }

      @Override
      public boolean wanted() {
        return control.wanted();
      }
    };
  }
}
