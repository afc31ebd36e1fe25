package dev.backfill.internal.engine;

import dev.backfill.internal.checkpoint.Lease;
import dev.backfill.internal.checkpoint.VerificationStore;
import dev.backfill.internal.time.Sleeper;
import dev.backfill.model.LeaseLostException;
import java.sql.SQLException;
import java.time.Duration;
import org.jooq.exception.DataAccessException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The lease of a verification while we hold it, kept by a thread of its own: a chunk may wait for a
 * lock, for its turn or for a Java function for longer than the lease is. Whether it is still ours
 * is told to the work by the next chunk that it writes.
 */
final class VerificationLease {
  private static final Logger LOG = LoggerFactory.getLogger("dev.backfill.run");

  private final ControlConnection connection;
  private final VerificationStore store;
  private final Lease lease;
  private final Duration duration;
  private final Sleeper sleeper;
  private final Heartbeat heartbeat;
  private boolean failing;

  VerificationLease(
      ControlConnection connection,
      VerificationStore store,
      Lease lease,
      Duration duration,
      Sleeper sleeper) {
    this.connection = connection;
    this.store = store;
    this.lease = lease;
    this.duration = duration;
    this.sleeper = sleeper;
    this.heartbeat = Heartbeat.start("backfill-" + lease.run() + "-verification-lease", this::keep);
  }

  private void keep() {
    try {
      while (renewed()) {
        sleeper.sleep(duration.dividedBy(3));
      }
    } catch (InterruptedException e) {
      // The verification has ended; this thread is its own, and ends with it.
      LOG.debug("Lease keeper of the verification of run {} ended", lease.run());
    }
  }

  /** False once another owner has it. */
  private boolean renewed() throws InterruptedException {
    try {
      connection.run(c -> store.renew(c, lease, duration));
      failing = false;
    } catch (LeaseLostException e) {
      LOG.debug("Lease keeper of the verification of run {} ended", lease.run(), e);
      return false;
    } catch (SQLException | DataAccessException e) {
      if (!failing) {
        LOG.warn(
            "The lease of the verification of run {} was not renewed: {}. It is tried again; chunks go"
                + " on as long as nobody takes it over.",
            lease.run(),
            e.getMessage());
      }
      failing = true;
    }
    return true;
  }

  /** Ends the heartbeat and gives the lease back; when that fails the lease expires by itself. */
  void release() {
    heartbeat.release(
        LOG,
        "the verification of run " + lease.run(),
        () -> connection.run(c -> store.release(c, lease)));
  }
}
