package dev.backfill.internal.engine;

import dev.backfill.event.BackfillEvent;
import dev.backfill.internal.signal.Hold;
import dev.backfill.internal.signal.Monitor;
import dev.backfill.internal.time.Ticker;
import dev.backfill.model.Progress;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.IntConsumer;

/**
 * Shows in the run's row what it waits for and how far it is, and tells the listeners when that
 * changes.
 */
final class RunBoard implements Monitor.Board {
  private final Ownership ownership;
  private final Events events;
  private final ProgressMeter meter;
  private final IntConsumer workers;
  private final Ticker ticker;
  private Optional<String> heldBy = Optional.empty();

  RunBoard(
      Ownership ownership, Events events, ProgressMeter meter, IntConsumer workers, Ticker ticker) {
    this.ownership = ownership;
    this.events = events;
    this.meter = meter;
    this.workers = workers;
    this.ticker = ticker;
  }

  @Override
  public Exchange show(Connection connection, Monitor.Sight sight) throws SQLException {
    Optional<Hold> hold = sight.hold();
    double restRatio = sight.restRatio();
    meter.signals(sight.signals());
    Optional<String> waitingFor =
        hold.map(Hold::describe)
            .or(() -> restRatio < 1 ? Optional.empty() : Optional.of(rests(restRatio)));
    waitingFor.ifPresentOrElse(
        reason -> meter.throttled(hold.map(Hold::signal).orElse("application"), reason),
        meter::released);
    Progress now = meter.now();
    boolean autoCommit = connection.getAutoCommit();
    connection.setAutoCommit(false);
    try {
      Map<String, Double> settings =
          ownership
              .runs()
              .show(
                  connection,
                  ownership.run(),
                  ownership.epoch(),
                  now.waitingFor(),
                  now.fraction(),
                  now.remaining());
      // The application's commits take as long: nothing but the flush is in it.
      long start = ticker.nanos();
      connection.commit();
      return new Exchange(settings, OptionalDouble.of((ticker.nanos() - start) / 1e6));
    } catch (SQLException | RuntimeException e) {
      if (!connection.isClosed()) {
        connection.rollback();
      }
      throw e;
    } finally {
      if (!connection.isClosed()) {
        connection.setAutoCommit(autoCommit);
      }
    }
  }

  private static String rests(double ratio) {
    return String.format(
        Locale.ROOT, "the application: rests %.1f times as long as it works", ratio);
  }

  @Override
  public void changed(Optional<Hold> hold, Duration lasted) {
    hold.ifPresentOrElse(h -> meter.throttled(h.signal(), h.describe()), meter::released);
    heldBy.ifPresent(
        signal ->
            events.publish(new BackfillEvent.ThrottleReleased(ownership.run(), signal, lasted)));
    hold.ifPresent(
        h ->
            events.publish(
                new BackfillEvent.Throttled(
                    ownership.run(), h.signal(), h.value(), h.limit(), h.unit(), h.detail())));
    heldBy = hold.map(Hold::signal);
  }

  @Override
  public void workers(int count) {
    workers.accept(count);
  }

  @Override
  public void cancelled(int waiting) {
    events.publish(new BackfillEvent.BatchCancelled(ownership.run(), waiting));
  }
}
