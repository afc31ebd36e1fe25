package dev.backfill.internal.engine;

import dev.backfill.internal.checkpoint.Lease;
import dev.backfill.internal.checkpoint.VerificationStore;
import dev.backfill.internal.signal.Hold;
import dev.backfill.internal.signal.Monitor;
import dev.backfill.internal.time.Ticker;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Shows in the verification's row what it waits for. */
final class VerificationBoard implements Monitor.Board {
  private static final Logger LOG = LoggerFactory.getLogger("dev.backfill.run");

  private final VerificationStore store;
  private final Lease lease;
  private final Ticker ticker;

  VerificationBoard(VerificationStore store, Lease lease, Ticker ticker) {
    this.store = store;
    this.lease = lease;
    this.ticker = ticker;
  }

  @Override
  public Exchange show(Connection connection, Monitor.Sight sight) throws SQLException {
    Optional<String> waitingFor =
        sight.hold().map(Hold::describe).or(() -> RunBoard.rests(sight.restRatio()));
    return TimedCommit.of(
        connection,
        ticker,
        tx -> {
          store.show(tx, lease, waitingFor);
          return Map.of();
        });
  }

  @Override
  public void changed(Optional<Hold> hold, Duration lasted) {
    hold.ifPresentOrElse(
        h -> LOG.info("The verification of run {} waits: {}", lease.run(), h.describe()),
        () ->
            LOG.info(
                "The verification of run {} goes on after {} s",
                lease.run(),
                lasted.toMillis() / 1000.0));
  }

  @Override
  public void workers(int count) {
    // It has one, whatever the run has.
  }

  @Override
  public void cancelled(int waiting) {
    LOG.info(
        "A chunk of the verification of run {} was cancelled: {} waited", lease.run(), waiting);
  }
}
