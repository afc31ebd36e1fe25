package dev.backfill.internal.engine;

import dev.backfill.internal.checkpoint.AbandonStore;
import dev.backfill.internal.checkpoint.Lease;
import dev.backfill.internal.checkpoint.LeaseStore;
import dev.backfill.internal.checkpoint.RunStore;
import dev.backfill.internal.time.Sleeper;
import dev.backfill.internal.time.Ticker;
import dev.backfill.model.Phase;
import dev.backfill.model.RunState;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The lease of a run while we hold it: kept by a thread, checked by every write, given back at the
 * end.
 */
final class Ownership {
  private static final Logger LOG = LoggerFactory.getLogger(Ownership.class);

  private final RunStore runs;
  private final LeaseStore leases;
  private final ControlConnection connection;
  private final Lease lease;
  private final Heartbeat heartbeat;
  private boolean abandoned;

  Ownership(
      RunStore runs,
      LeaseStore leases,
      ControlConnection connection,
      Lease lease,
      Duration duration,
      RunControl control,
      Ticker ticker,
      Sleeper sleeper) {
    this.runs = runs;
    this.leases = leases;
    this.connection = connection;
    this.lease = lease;
    this.heartbeat =
        Heartbeat.start(
            "backfill-" + lease.run() + "-lease",
            new LeaseKeeper(connection, leases, lease, duration, control, ticker, sleeper));
  }

  String run() {
    return lease.run();
  }

  Lease lease() {
    return lease;
  }

  RunStore runs() {
    return runs;
  }

  /** The run's control connection. */
  ControlConnection connection() {
    return connection;
  }

  /** Throws unless the run is ours until the given transaction commits. */
  void fence(Connection tx) {
    leases.fence(tx, lease);
  }

  /** Work on the run's control connection that its caller repeats by itself. */
  <T> T call(ControlConnection.Work<T> work) throws SQLException, InterruptedException {
    return connection.call(work);
  }

  /** The same for work without which the run cannot go on: over outages. */
  <T> T insist(ControlConnection.Work<T> work) throws SQLException, InterruptedException {
    return connection.insist(work);
  }

  void enter(Phase phase) throws SQLException, InterruptedException {
    boolean ours = connection.insist(c -> runs.enterPhase(c, lease, phase));
    if (!ours) {
      throw LeaseStore.lost(lease);
    }
    log("phase", phase.name());
  }

  /** Adds a line to the run's history. */
  void log(String kind, String detail) throws SQLException, InterruptedException {
    connection.insist(
        c -> {
          runs.log(c, lease.run(), kind, detail);
          return true;
        });
  }

  /** Whether the contract was approved, by call or by SQL. */
  boolean contractApproved() throws SQLException, InterruptedException {
    return connection.insist(
        c -> leases.look(c, lease).orElseThrow(() -> LeaseStore.lost(lease)).contractApproved());
  }

  /** Ends the run for good: its progress is deleted, and the lease given back. */
  void abandon(AbandonStore store, String detail) throws SQLException, InterruptedException {
    heartbeat.end();
    abandoned =
        connection.insist(
            c ->
                store.finish(c, lease, detail)
                    // A commit whose answer was lost.
                    || runs.find(c, lease.run())
                        .filter(row -> row.epoch() == lease.epoch() && row.owner().isEmpty())
                        .isPresent());
    if (!abandoned) {
      throw LeaseStore.lost(lease);
    }
  }

  /** Ends the heartbeat and gives the lease back; when that fails the lease expires by itself. */
  void release(RunState state, Optional<String> error) {
    if (abandoned) {
      return;
    }
    heartbeat.release(
        LOG,
        "run " + lease.run(),
        () ->
            connection.run(
                c -> {
                  // The history is the successor's when there is one.
                  if (leases.release(c, lease, state, error.orElse(null))) {
                    runs.log(
                        c,
                        lease.run(),
                        state.name().toLowerCase(java.util.Locale.ROOT),
                        error.orElse(""));
                  }
                }));
  }
}
