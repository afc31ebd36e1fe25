package dev.backfill.internal.engine;

import dev.backfill.internal.postgres.Tx;
import dev.backfill.internal.signal.Monitor.Board.Exchange;
import dev.backfill.internal.time.Ticker;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Map;
import java.util.OptionalDouble;

/**
 * Writes a row and takes the time of its commit: the application's commits take as long, since
 * nothing but the flush is in it.
 */
final class TimedCommit {
  private TimedCommit() {}

  /**
   * @param work returns the settings that operators want
   */
  static Exchange of(Connection connection, Ticker ticker, Tx.Work<Map<String, Double>> work)
      throws SQLException {
    boolean autoCommit = connection.getAutoCommit();
    connection.setAutoCommit(false);
    try {
      Tx.begin(connection);
      Map<String, Double> settings = work.in(connection);
      long start = ticker.nanos();
      connection.commit();
      return new Exchange(settings, OptionalDouble.of((ticker.nanos() - start) / 1e6));
    } catch (SQLException | RuntimeException e) {
      if (!connection.isClosed()) {
        connection.rollback();
      }
      throw e;
    } finally {
      if (!connection.isClosed()) {
        connection.setAutoCommit(autoCommit);
      }
    }
  }
}
