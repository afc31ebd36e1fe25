package dev.backfill.internal.batch;

import dev.backfill.internal.postgres.TableInfo.Leaf;
import dev.backfill.internal.postgres.Target;
import dev.backfill.internal.signal.BatchReport;
import dev.backfill.internal.time.Ticker;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Optional;
import org.jooq.exception.DataAccessException;
import org.jspecify.annotations.Nullable;

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

  /**
   * What a committed batch did.
   *
   * @param walBytes WAL that the server wrote meanwhile, other sessions' included
   * @param walPosition where it ended
   * @param serverTime time of the batch's statements
   */
  record Outcome(
      long rows,
      long hotRows,
      long walBytes,
      long walPosition,
      boolean complete,
      Duration serverTime) {

    BatchReport report(boolean firstPass) {
      return new BatchReport(rows, serverTime, firstPass, walBytes, walPosition);
    }
  }

  /** Writes how far the work has come; the last statement before the commit, or along with it. */
  interface Checkpoint {
    /**
     * @return the counters after the batch
     * @throws dev.backfill.model.LeaseLostException when another owner has the run
     */
    Counters write(Connection tx, Filled filled) throws SQLException;

    /**
     * The statements that do the same, the commit included, and leave it to the server to count the
     * rows, so that the whole batch is one message; empty where only two will do.
     */
    default Optional<Following> following() {
      return Optional.empty();
    }
  }

  /** Statements that follow the update in its message. */
  interface Following {
    String sql();

    void bind(PreparedStatement statement, int first) throws SQLException;

    /** What a failure of theirs means. */
    SQLException failed(SQLException e);
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
              + BatchLimits.sql(target, leaf.oid(), candidates, rows.by());
      Optional<OneMessage> whole = OneMessage.of(target, settings, write, checkpoint);
      long start = ticker.nanos();
      OneMessage.Answer answer =
          whole.isPresent()
              ? whole.get().send(connection)
              : inTwo(connection, settings, write, checkpoint);
      connection.commit();
      return outcome(answer, Duration.ofNanos(ticker.nanos() - start));
    } catch (DataAccessException failure) {
      rollback(connection, failure);
      throw sqlOf(failure);
    } catch (Throwable failure) {
      rollback(connection, failure);
      throw failure;
    } finally {
      restore(connection);
    }
  }

  private static OneMessage.Answer inTwo(
      Connection connection, String settings, Filler.Write write, Checkpoint checkpoint)
      throws SQLException {
    Filled filled = write.in(connection, settings);
    return new OneMessage.Answer(filled, checkpoint.write(connection, filled));
  }

  private static Outcome outcome(OneMessage.Answer answer, Duration took) {
    Filled filled = answer.filled();
    Counters after = answer.after();
    return new Outcome(
        filled.rows(),
        after.hotUpdates() - filled.before().hotUpdates(),
        after.walPosition() - filled.before().walPosition(),
        after.walPosition(),
        filled.complete(),
        took);
  }

  /** What jOOQ has wrapped, for whoever decides by SQLSTATE what to do. */
  private static SQLException sqlOf(DataAccessException failure) {
    @Nullable SQLException sql = failure.getCause(SQLException.class);
    return sql != null ? sql : new SQLException(failure.getMessage(), failure);
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
