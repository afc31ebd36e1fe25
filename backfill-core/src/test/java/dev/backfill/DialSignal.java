package dev.backfill;

import dev.backfill.throttle.Reading;
import dev.backfill.throttle.Signal;
import dev.backfill.throttle.SignalContext;
import java.sql.SQLException;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A user's own signal, as a test sets it: it reads 0 of 10 until it is told to do something else.
 */
final class DialSignal implements Signal {
  /** What a reading does. */
  interface Behaviour {
    Reading read(SignalContext context) throws SQLException;
  }

  private final boolean required;
  private final AtomicInteger readings = new AtomicInteger();
  private volatile Behaviour behaviour = context -> Reading.of(0);

  DialSignal(boolean required) {
    this.required = required;
  }

  void set(Behaviour next) {
    behaviour = next;
  }

  /** How often it was read. */
  int readings() {
    return readings.get();
  }

  @Override
  public String name() {
    return "dial";
  }

  @Override
  public double limit() {
    return 10;
  }

  @Override
  public String unit() {
    return "jobs";
  }

  @Override
  public boolean mustBeReadable() {
    return required;
  }

  @Override
  public Reading read(SignalContext context) throws SQLException {
    readings.incrementAndGet();
    return behaviour.read(context);
  }
}
