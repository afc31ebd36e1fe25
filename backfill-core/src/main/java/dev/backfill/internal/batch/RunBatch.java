package dev.backfill.internal.batch;

import dev.backfill.internal.checkpoint.LeaseStore;
import dev.backfill.internal.checkpoint.RunStore;
import dev.backfill.internal.postgres.SqlStates;
import dev.backfill.internal.postgres.TableInfo.Leaf;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.OptionalLong;

/**
 * Batches of rows that belong to no window: they are counted on the run, whose epoch fences them.
 */
final class RunBatch {
  private final BatchContext context;
  private final RunStore runs;
  private final Batch batch;
  private final BatchFailures failures;
  private final Sizer sizer;

  RunBatch(BatchContext context, RunStore runs) {
    this.context = context;
    this.runs = runs;
    this.batch = new Batch(context.target(), Filler.of(context.target()), context.ticker());
    this.failures = new BatchFailures(context);
    this.sizer = new Sizer(context.options().batchSize());
  }

  /** What else is written in the batch's transaction. */
  @FunctionalInterface
  interface Along {
    Along NOTHING = (tx, filled) -> {};

    void write(Connection tx, Filled filled) throws SQLException;
  }

  /** What is done about rows one of which cannot take its value. */
  @FunctionalInterface
  interface OnBadRow {
    /** Returns the rows filled, or empty when they are to be tried again in smaller parts. */
    OptionalLong settle(SQLException e) throws SQLException, InterruptedException;
  }

  /** How many rows a batch may have now. */
  int rows() {
    return Math.min(sizer.rows(), context.pace().maxRows(true));
  }

  /**
   * Fills some rows.
   *
   * @param candidates how many rows are expected
   * @param smallest whether it cannot be made smaller: then it is tried until others are out of the
   *     way
   * @return the rows filled, or empty when they are to be tried again in smaller parts
   */
  OptionalLong fill(
      Connection connection,
      Leaf leaf,
      LeafSql sql,
      Rows rows,
      int candidates,
      boolean smallest,
      Along along,
      OnBadRow onBadRow)
      throws SQLException, InterruptedException {
    BatchFailures.Waits waits = failures.waits();
    TableWait tableWait = new TableWait(context);
    while (true) {
      context.awaitTurn();
      try {
        Batch.Outcome outcome =
            batch.run(
                connection,
                leaf,
                sql,
                rows,
                // What cannot be made smaller gets the time that a handful of rows gets.
                smallest ? Sizer.FLOOR : candidates,
                checkpoint(leaf, along));
        committed(outcome, candidates, smallest);
        return OptionalLong.of(outcome.rows());
      } catch (SQLException e) {
        if (SqlStates.classify(e) != SqlStates.Kind.DATA) {
          if (!waited(connection, leaf, waits, tableWait, e) && !smallest) {
            return OptionalLong.empty();
          }
          continue;
        }
        try {
          return onBadRow.settle(e);
        } catch (SQLException second) {
          boolean unused = waited(connection, leaf, waits, tableWait, second);
        }
      }
    }
  }

  private void committed(Batch.Outcome outcome, int candidates, boolean smallest)
      throws InterruptedException {
    if (!smallest) {
      sizer.committed(candidates, outcome.serverTime());
    }
    context.outages().worked();
    context.rest(context.pace().completed(outcome.report(true)));
  }

  /** Whether it waited for the whole table, which says nothing of the batch. */
  private boolean waited(
      Connection connection,
      Leaf leaf,
      BatchFailures.Waits waits,
      TableWait tableWait,
      SQLException e)
      throws SQLException, InterruptedException {
    if (SqlStates.classify(e) == SqlStates.Kind.CONNECTION) {
      throw e;
    }
    if (tableWait.waited(connection, leaf.oid(), leaf.sql(), e)) {
      return true;
    }
    waits.pauseOrFail(e, leaf.sql());
    return false;
  }

  /**
   * The last of a transaction: nobody else has the run, and the table is the one that was meant.
   */
  Batch.Checkpoint checkpoint(Leaf leaf, Along along) {
    return (tx, filled) -> {
      SameTable.require(tx, leaf);
      along.write(tx, filled);
      fence(tx, filled.rows());
      return filled.before();
    };
  }

  /** Counts rows on the run, unless it was taken over. */
  void fence(Connection tx, long rows) {
    if (!runs.addSwept(tx, context.lease(), rows)) {
      throw LeaseStore.lost(context.lease());
    }
  }
}
