package dev.backfill.internal.engine;

import dev.backfill.internal.checkpoint.Lease;
import dev.backfill.internal.checkpoint.LeaseStore;
import dev.backfill.internal.checkpoint.LeaseStore.Heartbeat;
import dev.backfill.internal.time.Sleeper;
import dev.backfill.internal.time.Ticker;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Optional;
import org.jooq.exception.DataAccessException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the lease of a run, whatever the workers do or wait for.
 *
 * <ol>
 *   <li>Extends the lease every third of its length.
 *   <li>Between two extensions reads, about once a second, what an operator asks for.
 *   <li>When it is another's, tells the workers, who stop before their next batch. A batch in
 *       flight finds the other epoch on its window and rolls back.
 * </ol>
 *
 * A heartbeat that fails is tried again: should the lease expire meanwhile and another owner take
 * over, the epoch tells.
 */
final class LeaseKeeper implements Runnable {
  private static final Logger LOG = LoggerFactory.getLogger(LeaseKeeper.class);
  private static final Duration LOOK = Duration.ofSeconds(1);

  private final ControlConnection connection;
  private final LeaseStore leases;
  private final Lease lease;
  private final Duration duration;
  private final RunControl control;
  private final Ticker ticker;
  private final Sleeper sleeper;
  private boolean failing;

  LeaseKeeper(
      ControlConnection connection,
      LeaseStore leases,
      Lease lease,
      Duration duration,
      RunControl control,
      Ticker ticker,
      Sleeper sleeper) {
    this.connection = connection;
    this.leases = leases;
    this.lease = lease;
    this.duration = duration;
    this.control = control;
    this.ticker = ticker;
    this.sleeper = sleeper;
  }

  @Override
  public void run() {
    Duration third = duration.dividedBy(3);
    Duration pause = third.compareTo(LOOK) < 0 ? third : LOOK;
    long renewed = ticker.nanos();
    try {
      while (!Thread.currentThread().isInterrupted()) {
        sleeper.sleep(pause);
        boolean due = ticker.nanos() - renewed >= third.toNanos() - pause.toNanos();
        if (beat(due) && due) {
          renewed = ticker.nanos();
        }
      }
    } catch (InterruptedException e) {
      // The run has ended; this thread is its own, and ends with it.
      LOG.debug("Lease keeper of run {} ended", lease.run());
    }
  }

  /** Whether the database was reached. */
  private boolean beat(boolean renew) throws InterruptedException {
    try {
      Optional<Heartbeat> heartbeat = connection.call(c -> ask(c, renew));
      if (heartbeat.isEmpty()) {
        control.lost(LeaseStore.lost(lease));
      } else {
        heartbeat.get().requestedAction().ifPresent(this::act);
      }
      failing = false;
      return true;
    } catch (SQLException | DataAccessException e) {
      if (!failing) {
        LOG.warn(
            "Heartbeat of run {} failed: {}. It is tried again; batches go on as long as nobody takes"
                + " the run over.",
            lease.run(),
            e.getMessage());
      }
      failing = true;
      return false;
    }
  }

  private Optional<Heartbeat> ask(Connection c, boolean renew) {
    return renew ? leases.renew(c, lease, duration) : leases.look(c, lease);
  }

  private void act(String action) {
    switch (action) {
      case "pause" -> control.pauseByOperator(true);
      case "resume" -> control.pauseByOperator(false);
      case "stop" -> control.stop();
      case "abandon" -> control.abandon();
      default -> throw new IllegalStateException("A run was asked to " + action);
    }
  }
}
