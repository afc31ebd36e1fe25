package dev.backfill.internal.engine;

import dev.backfill.internal.signal.Hold;
import dev.backfill.internal.signal.Monitor;
import java.sql.Connection;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Tells the log what the copying of a rehearsal waits for; there is no row to show it in. */
record RehearsalBoard(String run) implements Monitor.Board {
  private static final Logger LOG = LoggerFactory.getLogger("dev.backfill.run");

  @Override
  public Exchange show(Connection connection, Monitor.Sight sight) {
    return new Exchange(Map.of(), OptionalDouble.empty());
  }

  @Override
  public void changed(Optional<Hold> hold, Duration lasted) {
    hold.ifPresentOrElse(
        h -> LOG.info("The rehearsal of run {} waits: {}", run, h.describe()),
        () ->
            LOG.info(
                "The rehearsal of run {} goes on after {} s", run, lasted.toMillis() / 1000.0));
  }

  @Override
  public void workers(int count) {
    // It copies with one, whatever the run has.
  }

  @Override
  public void cancelled(int waiting) {
    LOG.info("A copy of the rehearsal of run {} was cancelled: {} waited", run, waiting);
  }
}
