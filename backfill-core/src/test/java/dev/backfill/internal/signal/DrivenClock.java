package dev.backfill.internal.signal;

import dev.backfill.internal.time.Sleeper;
import dev.backfill.internal.time.Ticker;
import java.time.Duration;

/** A clock that stands still until told; sleeping is only written down. */
final class DrivenClock implements Ticker, Sleeper {
  private long nanos;
  private Duration slept = Duration.ZERO;

  @Override
  public long nanos() {
    return nanos;
  }

  @Override
  public void sleep(Duration duration) {
    slept = slept.plus(duration);
  }

  void advance(long by) {
    nanos += by;
  }

  void set(long to) {
    nanos = to;
  }

  /** How long was asked to sleep since this was last asked. */
  Duration slept() {
    Duration asked = slept;
    slept = Duration.ZERO;
    return asked;
  }
}
