package dev.backfill.internal.engine;

import dev.backfill.internal.rehearsal.ScratchSchema;
import dev.backfill.internal.signal.Hold;
import dev.backfill.internal.signal.Monitor;
import dev.backfill.internal.time.Ticker;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells the log what the copying of a rehearsal waits for, since there is no row to show it in, and
 * keeps its schema, however long it waits.
 */
final class RehearsalBoard implements Monitor.Board {
  private static final Logger LOG = LoggerFactory.getLogger("dev.backfill.run");
  // Of the two minutes for which the schema is kept.
  private static final Duration EVERY = Duration.ofSeconds(20);

  private final String run;
  private final ScratchSchema schema;
  private final Ticker ticker;
  private long renewed;
  private volatile boolean gone;

  RehearsalBoard(String run, ScratchSchema schema, Ticker ticker) {
    this.run = run;
    this.schema = schema;
    this.ticker = ticker;
    this.renewed = ticker.nanos();
  }

  @Override
  public Exchange show(Connection connection, Monitor.Sight sight) throws SQLException {
    if (!gone && ticker.nanos() - renewed >= EVERY.toNanos()) {
      gone = !schema.renew(connection);
      renewed = ticker.nanos();
      if (gone) {
        LOG.warn("The copy of the rehearsal of run {} is gone, and the rehearsal ends", run);
      }
    }
    return new Exchange(Map.of(), OptionalDouble.empty());
  }

  /** Asked while the copy waits as well: the throttle may hold it back without an end. */
  void requireKept() {
    if (gone) {
      throw schema.takenAway();
    }
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
