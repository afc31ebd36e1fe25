package dev.backfill;

import dev.backfill.internal.engine.Operations;
import dev.backfill.model.BackfillException;
import dev.backfill.model.QuarantinedRow;
import dev.backfill.model.RunEvent;
import dev.backfill.model.RunFailedException;
import dev.backfill.model.RunStatus;
import dev.backfill.model.VerificationStatus;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import javax.sql.DataSource;

/**
 * For operators: every run that a database knows of, wherever it runs. The owner of a run sees a
 * request within about a second. Thread-safe.
 *
 * <p>Everything here is refused with a {@link BackfillException}, before anything is read or
 * changed, when the state belongs to a role that could do something else through it with the rights
 * of this one: a trigger or a view would run with them. Trusted are superusers, the owner of the
 * database, roles whose member this one is and, for what names a run schema.table.column, the owner
 * of its table and the members of it. A superuser counts as a member of no other role.
 */
public final class Backfills {
  private static final int HISTORY = 100;
  private static final int QUARANTINED = 100;

  private final Operations operations;

  private Backfills(Operations operations) {
    this.operations = operations;
  }

  /** The runs whose state is in schema {@code backfill}. */
  public static Backfills on(DataSource dataSource) {
    return on(dataSource, "backfill");
  }

  /** The runs whose state is in the given schema. */
  public static Backfills on(DataSource dataSource, String stateSchema) {
    return new Backfills(new Operations(dataSource, stateSchema));
  }

  /** Every run by name; empty when no run was ever started. */
  public List<RunStatus> list() {
    return operations.list();
  }

  /**
   * The latest 100 entries of a run's history, the latest first.
   *
   * @throws BackfillException when there is no run of that name
   */
  public List<RunEvent> history(String run) {
    return operations.history(run, HISTORY);
  }

  /**
   * How far the latest verification of a run is and what it found; empty when there was none.
   *
   * @throws BackfillException when there is no run of that name
   */
  public Optional<VerificationStatus> verification(String run) {
    return operations.verification(run);
  }

  /**
   * The first 100 rows that a run has put into quarantine, the earliest first.
   *
   * @throws BackfillException when there is no run of that name
   */
  public List<QuarantinedRow> quarantined(String run) {
    return quarantined(run, QUARANTINED);
  }

  /**
   * The first rows that a run has put into quarantine, the earliest first.
   *
   * @param limit how many at most, at least 1
   * @throws BackfillException when there is no run of that name
   */
  public List<QuarantinedRow> quarantined(String run, int limit) {
    if (limit < 1) {
      throw new IllegalArgumentException("limit: must be at least 1, was " + limit);
    }
    return operations.quarantined(run, limit);
  }

  /**
   * How many rows a run has in quarantine, by the SQLSTATE that they failed with; the most frequent
   * first.
   *
   * @throws BackfillException when there is no run of that name
   */
  public Map<String, Long> quarantinedBySqlState(String run) {
    return operations.quarantinedBySqlState(run);
  }

  /**
   * Holds a run after the batches in flight; it stays held over restarts until resumed.
   *
   * @throws BackfillException when there is no run of that name
   */
  public void pause(String run) {
    operations.request(run, "pause");
  }

  /**
   * Lets a run go on that was paused.
   *
   * @throws BackfillException when there is no run of that name
   */
  public void resume(String run) {
    operations.request(run, "resume");
  }

  /**
   * Ends a run cleanly after the batches in flight; the next start goes on with it.
   *
   * @throws BackfillException when there is no run of that name
   */
  public void stop(String run) {
    operations.request(run, "stop");
  }

  /**
   * Gives a run up, and takes away what it has created: the triggers or the default that cover new
   * rows, a constraint that is not finished, and the column, with all values in it, those of the
   * application included. Each only if this run created it; what was there before stays, and so
   * does what somebody has put in its place since. The run's row and its history stay, with state
   * ABANDONED; its next start begins anew, so take the definition out of the application first.
   *
   * <p>A running owner ends after its batch and carries it out; without one, this call does. It
   * waits for it, for the lease of an owner that is gone, and for the locks as long as a run would.
   * When it fails, the request stands, and calling it again goes on. An abandoned run is left as it
   * is.
   *
   * @throws BackfillException when there is no run of that name, when it is done already, when
   *     something depends on the column, a view say, or when the locks were not to be had; all is
   *     as it was then
   */
  public void abandon(String run) {
    giveUp(run, false);
  }

  /**
   * The same, and the column stays, with the values in it. It is the caller's from then on: another
   * {@link #abandon(String)} keeps it too.
   *
   * @throws BackfillException as {@link #abandon(String)}
   */
  public void abandonKeepingColumn(String run) {
    giveUp(run, true);
  }

  private void giveUp(String run, boolean keepColumn) {
    try {
      operations.abandon(run, keepColumn);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new RunFailedException(
          "The thread was interrupted before run "
              + run
              + " was abandoned. The request stands; abandon it again to see it done.",
          e);
    }
  }

  /**
   * Changes a limit, a cap or the number of workers of a run; its owner takes it within about a
   * second, and later starts too.
   *
   * @param setting the name of a throttle ({@code replication-lag} in seconds, {@code lock-waits}),
   *     {@code rows-per-second}, {@code wal-bytes-per-second} or {@code workers}
   * @param value above 0
   * @throws BackfillException when there is no run of that name
   */
  public void retune(String run, String setting, double value) {
    operations.retune(run, setting, value);
  }

  /**
   * Allows the contract of a run with {@code contract(manual())}; its next start applies NOT NULL.
   *
   * @throws BackfillException when there is no run of that name
   */
  public void approveContract(String run) {
    operations.approveContract(run);
  }
}
