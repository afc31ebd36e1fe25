package dev.backfill.internal.batch;

import dev.backfill.internal.postgres.TableInfo.Leaf;
import dev.backfill.internal.postgres.Target;
import dev.backfill.internal.time.Ticker;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;

/**
 * One transaction: settings, the rows, the checkpoint. Either all of it happens or nothing does.
 */
final class Batch {
  private final Target target;
  private final Filler filler;
  private final Ticker ticker;

  Batch(Target target, Filler filler, Ticker ticker) {
    this.target = target;
    this.filler = filler;
    this.ticker = ticker;
  }

  /** What a committed batch did; serverTime is that of its statements. */
  record Outcome(long rows, long hotRows, boolean complete, Duration serverTime) {}

  /** Writes how far the work has come; the last statement before the commit. */
  interface Checkpoint {
    /**
     * @return the batch's HOT updates
     * @throws dev.backfill.model.LeaseLostException when another owner has the run
     */
    long write(Connection tx, Filled filled) throws SQLException;
  }

  /**
   * @param candidates how many rows the batch is expected to have, which bounds its time
   */
  Outcome run(
      Connection connection,
      Leaf leaf,
      LeafSql sql,
      Rows rows,
      int candidates,
      Checkpoint checkpoint)
      throws SQLException {
    connection.setAutoCommit(false);
    try {
      Filler.Write write = filler.prepare(connection, sql, rows);
      // The driver sends BEGIN along with the first statement; the isolation level has to be the
      // first
      // thing that the transaction hears, and must not be left to the pool's default.
      String settings =
          "set transaction isolation level read committed;"
              + BatchLimits.sql(target, leaf.oid(), candidates);
      long start = ticker.nanos();
      Filled filled = write.in(connection, settings);
      long hot = checkpoint.write(connection, filled);
      connection.commit();
      return new Outcome(
          filled.rows(), hot, filled.complete(), Duration.ofNanos(ticker.nanos() - start));
    } catch (Throwable failure) {
      rollback(connection, failure);
      throw failure;
    } finally {
      restore(connection);
    }
  }

  private static void rollback(Connection connection, Throwable failure) {
    try {
      connection.rollback();
    } catch (SQLException second) {
      failure.addSuppressed(second);
    }
  }

  private static void restore(Connection connection) throws SQLException {
    if (!connection.isClosed()) {
      connection.setAutoCommit(true);
    }
  }
}
