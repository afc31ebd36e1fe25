package dev.backfill.throttle;

import java.sql.SQLException;

/**
 * One measured quantity with a limit. It is read about once a second while the run is at work; when
 * it reaches the limit no batch starts until it was at or below {@link #release()} three times in a
 * row. Throttled time never fails a run.
 */
public non-sealed interface Signal extends Throttle {
  /** At or below this value batches start again. Default: half of the limit. */
  default double release() {
    return limit() / 2;
  }

  @Override
  default String unit() {
    return "";
  }

  /**
   * Whether the run must not go on while the value cannot be read. Default: no, it goes on as it
   * was.
   */
  default boolean mustBeReadable() {
    return false;
  }

  /**
   * What one start of a run reads. A definition may be run again and in parallel, so a signal that
   * remembers earlier readings, for a rate say, returns a fresh one here. Default: this.
   */
  default Signal forRun() {
    return this;
  }

  /**
   * The value now. Called by one thread at a time, in a read-only transaction of its own with a
   * statement_timeout of 300 ms; must return within 2 s, or counts as unreadable until it does.
   *
   * <p>It is also called once at preflight: an {@link SQLException} that trying again will not mend
   * (SQLSTATE class 42 other than 42501, class 21, 02000, 25006), or no answer within the 2 s,
   * refuses the run before anything is changed.
   *
   * @throws SQLException when it cannot be read; the reason is logged once
   */
  Reading read(SignalContext context) throws SQLException;
}
