package dev.backfill.internal.signal;

import dev.backfill.internal.time.Ticker;

/**
 * A hard stop on one signal: shuts when the value reaches the limit, opens after three readings in
 * a row at or below the release.
 *
 * <p>One thread reads the signal; any may ask for the state.
 */
final class Gate {
  private static final int CALM_READINGS = 3;

  /**
   * What a gate last saw.
   *
   * @param value the last reading; NaN where it could not be read, or never was
   * @param since when it shut or opened last, by the ticker's nanoseconds
   */
  record State(String name, boolean open, double value, double limit, double release, long since) {}

  private final Ticker ticker;
  private final double releaseShare;
  private volatile State state;
  private int calm;

  Gate(String name, double limit, double release) {
    this(name, limit, release, Ticker.system());
  }

  Gate(String name, double limit, double release, Ticker ticker) {
    this.ticker = ticker;
    this.releaseShare = limit > 0 ? release / limit : 0;
    this.state = new State(name, true, Double.NaN, limit, release, ticker.nanos());
  }

  /** Takes a reading; returns whether batches may start. */
  synchronized boolean read(double value) {
    if (Double.isNaN(value)) {
      return unreadable(true);
    }
    State now = state;
    calm = value <= now.release() ? calm + 1 : 0;
    return becomes(now.open() ? value < now.limit() : calm >= CALM_READINGS, value);
  }

  /** There was no reading: shuts if it must be known, else stays as it is. */
  synchronized boolean unreadable(boolean failClosed) {
    calm = 0;
    return becomes(state.open() && !failClosed, Double.NaN);
  }

  /** Takes another limit, for the readings to come; the release keeps its share of it. */
  synchronized void retune(double limit) {
    State now = state;
    state =
        new State(now.name(), now.open(), now.value(), limit, limit * releaseShare, now.since());
  }

  State state() {
    return state;
  }

  private boolean becomes(boolean open, double value) {
    State now = state;
    long since = open == now.open() ? now.since() : ticker.nanos();
    state = new State(now.name(), open, value, now.limit(), now.release(), since);
    return open;
  }
}
