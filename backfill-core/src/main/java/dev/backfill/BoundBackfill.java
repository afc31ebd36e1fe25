package dev.backfill;

import dev.backfill.event.BackfillListener;
import dev.backfill.internal.engine.RehearsalExecution;
import dev.backfill.internal.engine.RunExecution;
import dev.backfill.internal.plan.Planning;
import dev.backfill.internal.time.Sleeper;
import dev.backfill.internal.time.Ticker;
import dev.backfill.model.BackfillException;
import dev.backfill.model.BackfillPlan;
import dev.backfill.model.BackfillResult;
import dev.backfill.model.Rehearsal;
import dev.backfill.model.RunFailedException;
import dev.backfill.model.Specification;
import java.util.List;
import java.util.function.Supplier;

/** A definition together with the database that it runs on. */
public final class BoundBackfill {
  private static final long REHEARSAL_BYTES = 512L << 20;

  private final Specification specification;
  private final List<BackfillListener> listeners;
  private final Supplier<Databases> databases;

  BoundBackfill(
      Specification specification,
      List<BackfillListener> listeners,
      Supplier<Databases> databases) {
    this.specification = specification;
    this.listeners = listeners;
    this.databases = databases;
  }

  /**
   * Says what would run, lock by lock, with estimates. Reads the catalogs and EXPLAIN only; a role
   * that may read the table is enough.
   *
   * @throws BackfillException when the definition cannot run on this database at all
   */
  public BackfillPlan plan() {
    try (Databases database = databases.get()) {
      return Planning.plan(database.dataSource(), specification);
    }
  }

  /**
   * Predicts rate, WAL and duration of a run: copies a part of the table, 600,000 rows and half a
   * gigabyte at most, fills the copy as the run would fill the table, and drops it. The table is
   * only read, by a role that may also create a schema.
   *
   * @throws BackfillException when the definition cannot run on this database, or a part that says
   *     something is larger than half a gigabyte; nothing stays behind, or the message says what
   */
  public Rehearsal rehearse() {
    return rehearse(REHEARSAL_BYTES);
  }

  /**
   * As {@link #rehearse()}, with another bound on what the copy may take.
   *
   * @param mostBytes with its indexes, and with what it grows by while it is filled; above 0
   */
  public Rehearsal rehearse(long mostBytes) {
    if (mostBytes < 1) {
      throw new IllegalArgumentException(
          "rehearse: the bytes that may be copied must be above 0, were " + mostBytes);
    }
    try (Databases database = databases.get()) {
      return new RehearsalExecution(
              specification, database.dataSource(), Ticker.system(), Sleeper.system())
          .execute(mostBytes);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new RunFailedException(e.getMessage() + ".", e);
    }
  }

  /**
   * Runs the backfill on the calling thread, or goes on with it where an earlier start ended. When
   * it is complete already, returns at once; when another process is at it, waits for that one.
   *
   * @return how far the run is: DONE, AWAITING_APPROVAL, or STOPPED or ABANDONED by an operator
   * @throws BackfillException with what to do next; what is filled stays filled
   */
  public BackfillResult run() {
    try (Databases database = databases.get()) {
      return execution(database).execute();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new RunFailedException(
          "The thread was interrupted, and the run stopped after its batch. Start it again to go"
              + " on.",
          e);
    }
  }

  /**
   * Tries each row that the run has put into quarantine again, on the calling thread, and does
   * nothing else: the run stays in the state in which it was, also when it fails. Rows that are
   * filled now leave the quarantine, and so do rows that the application has filled or deleted.
   * Each start of a run that is not done does the same first.
   *
   * @return {@link BackfillResult#quarantined()} of it is how many are left
   * @throws BackfillException with what to do next, at once when another process is at the run
   */
  public BackfillResult retryQuarantined() {
    try (Databases database = databases.get()) {
      return execution(database).retryQuarantined();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new RunFailedException(
          "The thread was interrupted, and the rows that were not tried again yet stay in"
              + " quarantine. Call it again to go on.",
          e);
    }
  }

  /**
   * Starts the backfill on a daemon thread of its own.
   *
   * @return the handle; closing it stops the run cleanly
   */
  public BackfillRun start() {
    Databases database = databases.get();
    return BackfillRun.start(specification.table(), execution(database), database);
  }

  /** Compares every row with the value that the definition yields, and repairs what is missing. */
  public BackfillVerification verify() {
    return new BackfillVerification(specification, listeners, databases);
  }

  private RunExecution execution(Databases database) {
    return new RunExecution(
        specification, database.dataSource(), listeners, Ticker.system(), Sleeper.system());
  }
}
