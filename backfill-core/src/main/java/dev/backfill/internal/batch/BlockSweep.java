package dev.backfill.internal.batch;

import dev.backfill.event.BackfillEvent;
import dev.backfill.internal.checkpoint.LeaseStore;
import dev.backfill.internal.checkpoint.RunStore;
import dev.backfill.internal.postgres.SqlStates;
import dev.backfill.internal.postgres.TableInfo.Leaf;
import dev.backfill.model.BadRowException;
import java.sql.Connection;
import java.sql.SQLException;

/**
 * Fills rows that stand in a range of blocks and are still NULL: those that moved behind the
 * cursor, or that the application wrote without a value. There are few, so they are taken in
 * physical order and in one pass; their count is kept on the run, whose epoch fences the batch.
 */
public final class BlockSweep {
  private static final int FIRST_BLOCKS = 32;
  private static final int ROWS_PER_BLOCK = 60;

  private final BatchContext context;
  private final RunStore runs;
  private final Batch batch;
  private final BatchFailures failures;
  private final Sizer sizer;

  public BlockSweep(BatchContext context, RunStore runs) {
    this.context = context;
    this.runs = runs;
    this.batch = new Batch(context.target(), Filler.of(context.target()), context.ticker());
    this.failures = new BatchFailures(context);
    this.sizer = new Sizer(context.options().batchSize());
  }

  /** Fills the range, the last block excluded, and returns how many rows it filled. */
  public long sweep(Connection connection, Leaf leaf, long fromBlock, long toBlock)
      throws SQLException, InterruptedException {
    LeafSql sql = new LeafSql(context.target(), leaf.sql());
    long filled = 0;
    long block = fromBlock;
    long most = Math.min(FIRST_BLOCKS, blocks());
    while (block < toBlock) {
      long end = Math.min(toBlock, block + most);
      long now = fill(connection, leaf, sql, block, end);
      most = now < 0 ? Math.max(1, (end - block) / 2) : blocks();
      block = now < 0 ? block : end;
      filled += Math.max(0, now);
    }
    if (filled > 0) {
      context.events().accept(new BackfillEvent.RowsSwept(context.run(), leaf.sql(), filled));
    }
    return filled;
  }

  private long blocks() {
    return Math.max(1, Math.min(sizer.rows(), context.pace().maxRows(true)) / ROWS_PER_BLOCK);
  }

  /** The rows filled, or -1 when the range is to be tried again with half its blocks. */
  private long fill(Connection connection, Leaf leaf, LeafSql sql, long from, long to)
      throws SQLException, InterruptedException {
    BatchFailures.Waits waits = failures.waits();
    TableWait tableWait = new TableWait(context);
    while (true) {
      context.awaitTurn();
      int candidates = (int) Math.min(Integer.MAX_VALUE, (to - from) * ROWS_PER_BLOCK);
      try {
        Batch.Outcome outcome =
            batch.run(
                connection,
                leaf,
                sql,
                sql.blocks(from, to),
                // One block cannot be made smaller: it gets the time that a handful of rows gets.
                to - from == 1 ? Sizer.FLOOR : candidates,
                (tx, filled) -> {
                  SameTable.require(tx, leaf);
                  if (!runs.addSwept(tx, context.run(), context.epoch(), filled.rows())) {
                    throw LeaseStore.lost(context.run(), context.epoch());
                  }
                  return filled.before();
                });
        sizer.committed(candidates, outcome.serverTime());
        context.outages().worked();
        context.rest(context.pace().completed(outcome.report(true)));
        return outcome.rows();
      } catch (SQLException e) {
        if (SqlStates.classify(e) == SqlStates.Kind.DATA) {
          if (to - from == 1) {
            throw badRow(e, leaf, from);
          }
          return -1;
        }
        if (SqlStates.classify(e) == SqlStates.Kind.CONNECTION) {
          throw e;
        }
        if (tableWait.waited(connection, leaf.oid(), leaf.sql(), e)) {
          continue;
        }
        waits.pauseOrFail(e, leaf.sql());
        if (to - from > 1) {
          return -1;
        }
      }
    }
  }

  private static BadRowException badRow(SQLException e, Leaf leaf, long block) {
    return new BadRowException(
        "A row in block "
            + block
            + " of "
            + leaf.sql()
            + " cannot be filled: SQLSTATE "
            + SqlStates.state(e)
            + ", "
            + e.getMessage()
            + ". Find it with SELECT * FROM "
            + leaf.sql()
            + " WHERE ctid >= '("
            + block
            + ",0)' AND ctid < '("
            + (block + 1)
            + ",0)', mend it, then start the run again.",
        e);
  }
}
