package dev.backfill;

import dev.backfill.event.BackfillListener;
import dev.backfill.internal.engine.RepairExecution;
import dev.backfill.internal.engine.VerifyExecution;
import dev.backfill.internal.time.Sleeper;
import dev.backfill.internal.time.Ticker;
import dev.backfill.model.BackfillException;
import dev.backfill.model.RunFailedException;
import dev.backfill.model.Specification;
import dev.backfill.model.VerifyResult;
import java.util.List;
import java.util.function.Supplier;

/**
 * Compares the column with its definition, after a run or beside it, and fills what was left
 * without a value. Nothing here overwrites a value.
 */
public final class BackfillVerification {
  private final Specification specification;
  private final List<BackfillListener> listeners;
  private final Supplier<Databases> databases;

  BackfillVerification(
      Specification specification,
      List<BackfillListener> listeners,
      Supplier<Databases> databases) {
    this.specification = specification;
    this.listeners = listeners;
    this.databases = databases;
  }

  /**
   * Computes the value of every row, those of {@code where(...)} only, and compares it with what
   * the row holds: by the type's own equality; where it has none, and for texts and arrays, byte by
   * byte. Reads in short transactions, throttled as the run is, on the calling thread. Goes on
   * where a former call was cut short; when another process is at it, waits for that one's result.
   *
   * <p>A report, not an error: a value that the application wrote itself is counted as different,
   * as is one that was right until something changed that the definition reads elsewhere, or the
   * time. Rows that are moved while it reads may be compared twice, or not at all.
   *
   * @throws BackfillException when no run was started from this definition, the column does not
   *     exist, or the value is volatile, as {@code random()} is; with what to do next
   */
  public VerifyResult run() {
    try (Databases database = databases.get()) {
      return new VerifyExecution(
              specification, database.dataSource(), listeners, Ticker.system(), Sleeper.system())
          .execute();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new RunFailedException(
          "The thread was interrupted, and the verification stopped after its chunk. Call it again to"
              + " go on.",
          e);
    }
  }

  /**
   * Fills the rows of a run in phase CONTRACT or DONE that have no value, in batches as the run's
   * own; rows that have a value are never touched.
   *
   * @return how many rows it filled
   * @throws BackfillException when the run is at work, or still has to fill rows itself; with what
   *     to do next
   */
  public long repair() {
    try (Databases database = databases.get()) {
      return new RepairExecution(
              specification, database.dataSource(), listeners, Ticker.system(), Sleeper.system())
          .execute();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new RunFailedException(
          "The thread was interrupted, and the repair stopped after its batch. Call it again to go on.",
          e);
    }
  }
}
