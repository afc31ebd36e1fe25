package dev.backfill.internal.checkpoint;

import static dev.backfill.internal.checkpoint.StateTables.optional;

import dev.backfill.internal.postgres.Jooq;
import dev.backfill.internal.postgres.SqlStates;
import dev.backfill.internal.postgres.Tx;
import dev.backfill.model.LeaseLostException;
import dev.backfill.model.RunState;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Optional;
import org.jooq.DSLContext;
import org.jspecify.annotations.Nullable;

/**
 * Who owns a run until when, by the database's clock.
 *
 * <ol>
 *   <li>A free or expired run is taken by one UPDATE that increments its epoch.
 *   <li>The same transaction then writes the epoch on every unfinished window. It waits there for a
 *       batch in flight, and the next read sees that batch's cursor.
 *   <li>A batch of the former owner that comes later finds another epoch on its window row, and
 *       changes nothing.
 * </ol>
 */
public final class LeaseStore {
  /** The row of the run while the lease is held; parameters: run, epoch, owner. */
  static final String OURS = " where name = ? and epoch = ? and owner = ?";

  private final StateTables tables;

  public LeaseStore(String schema) {
    this.tables = StateTables.in(schema);
  }

  /** What an operator asked for, and whether the contract is approved. */
  public record Heartbeat(Optional<String> requestedAction, boolean contractApproved) {}

  /**
   * Takes the run over when nobody holds it; the new lease, or empty while somebody does, and when
   * it was abandoned. A stop that an operator asked for before this start is forgotten.
   */
  public Optional<Lease> acquire(Connection connection, String run, String owner, Duration duration)
      throws SQLException {
    return acquire(connection, run, owner, duration, "");
  }

  /** The same for a start that has been waiting, to whom a stop applies as well. */
  public Optional<Lease> acquireAfterWait(
      Connection connection, String run, String owner, Duration duration) throws SQLException {
    return acquire(
        connection, run, owner, duration, " and requested_action is distinct from 'stop'");
  }

  private Optional<Lease> acquire(
      Connection connection, String run, String owner, Duration duration, String unless)
      throws SQLException {
    return Tx.required(
        connection,
        tx -> {
          DSLContext sql = Jooq.on(tx);
          Optional<Long> epoch =
              sql.fetchOptional(
                      "update "
                          + tables.run()
                          + " set owner = ?, epoch = epoch + 1, state = 'RUNNING',"
                          + " lease_until = clock_timestamp() + make_interval(secs => ?),"
                          // Nor is a run that is done abandoned when it goes on to NOT NULL.
                          + " requested_action = case when requested_action = 'stop'"
                          + " or phase = 'DONE' and requested_action = 'abandon'"
                          + " then null else requested_action end,"
                          + " last_error = null, updated_at = clock_timestamp()"
                          + " where name = ? and state <> 'ABANDONED'"
                          + " and (owner is null or lease_until < clock_timestamp())"
                          + unless
                          + " returning epoch",
                      owner,
                      StateTables.seconds(duration),
                      run)
                  .map(r -> r.get(0, Long.class));
          epoch.ifPresent(
              e ->
                  sql.execute(
                      "update " + tables.window() + " set epoch = ? where run = ? and not done",
                      e,
                      run));
          return epoch.map(e -> new Lease(run, owner, e));
        });
  }

  /** Extends the lease; empty when another owner has the run. */
  public Optional<Heartbeat> renew(Connection connection, Lease lease, Duration duration) {
    return Jooq.on(connection)
        .fetchOptional(
            "update "
                + tables.run()
                + " set lease_until = clock_timestamp() + make_interval(secs => ?)"
                + OURS
                + " returning requested_action, contract_approved",
            StateTables.seconds(duration),
            lease.run(),
            lease.epoch(),
            lease.owner())
        .map(r -> heartbeat(r));
  }

  /** Reads what was asked for without writing; empty when another owner has the run. */
  public Optional<Heartbeat> look(Connection connection, Lease lease) {
    return Jooq.on(connection)
        .fetchOptional(
            "select requested_action, contract_approved from " + tables.run() + OURS,
            lease.run(),
            lease.epoch(),
            lease.owner())
        .map(r -> heartbeat(r));
  }

  private static Heartbeat heartbeat(org.jooq.Record r) {
    return new Heartbeat(
        optional(r, "requested_action", String.class), r.get("contract_approved", Boolean.class));
  }

  /**
   * Gives the run back at once, so that the next owner need not wait for the lease to end; false
   * when another owner has it.
   */
  public boolean release(
      Connection connection, Lease lease, RunState state, @Nullable String error) {
    return Jooq.on(connection)
            .execute(
                "update "
                    + tables.run()
                    + " set owner = null, lease_until = null, waiting_for = null, waiting_since = null,"
                    + " remaining = null,"
                    + " state = ?, last_error = ?,"
                    // A stop stays, so that a node that waits for the lease stops too.
                    + " updated_at = clock_timestamp()"
                    + OURS,
                state.name(),
                error,
                lease.run(),
                lease.epoch(),
                lease.owner())
        == 1;
  }

  /**
   * Makes sure, inside a transaction, that the run is still ours until it commits. Called last, so
   * that the row is held for an instant only: heartbeats need it too.
   */
  public void fence(Connection connection, Lease lease) {
    boolean ours =
        Jooq.on(connection)
            .fetchOptional(
                "select 1 from " + tables.run() + OURS + " for share",
                lease.run(),
                lease.epoch(),
                lease.owner())
            .isPresent();
    if (!ours) {
      throw lost(lease);
    }
  }

  /** The error of an owner that finds itself replaced. */
  public static LeaseLostException lost(Lease lease) {
    return new LeaseLostException(
        "Run "
            + lease.run()
            + " is no longer owned by this process, which had epoch "
            + lease.epoch()
            + ": another one has taken it over and goes on from the last checkpoint, or its row in"
            + " the state tables was deleted. This process stopped; every committed batch stays."
            + " list() shows which it was.");
  }

  /** Whether an error says that the state tables are not there. */
  public static boolean isMissingState(Throwable error) {
    return SqlStates.UNDEFINED_TABLE.equals(SqlStates.state(error));
  }
}
