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
import java.util.Optional;
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
    meter.signals(sight.signals());
    Optional<String> waitingFor = hold.map(Hold::describe).or(() -> rests(sight.restRatio()));
    waitingFor.ifPresentOrElse(
        reason -> meter.throttled(hold.map(Hold::signal).orElse("application"), reason),
        meter::released);
    Progress now = meter.now();
    return TimedCommit.of(
        connection,
        ticker,
        tx ->
            ownership
                .runs()
                .show(tx, ownership.lease(), now.waitingFor(), now.fraction(), now.remaining()));
  }

  /** In words, where the rests are worth telling. */
  static Optional<String> rests(double ratio) {
    return ratio < 1
        ? Optional.empty()
        : Optional.of(
            String.format(
                Locale.ROOT, "the application: rests %.1f times as long as it works", ratio));
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
