package dev.backfill.throttle;

import java.sql.SQLException;
import java.util.OptionalDouble;

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
   * The value now. Called by one thread, with a short statement_timeout, in a read-only transaction
   * of its own that is rolled back.
   *
   * @return empty when it cannot be known now
   * @throws SQLException when it cannot be read; the reason is logged once
   */
  OptionalDouble read(SignalContext context) throws SQLException;
}
