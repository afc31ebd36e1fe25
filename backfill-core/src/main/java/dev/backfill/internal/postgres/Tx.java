package dev.backfill.internal.postgres;

import java.sql.Connection;
import java.sql.SQLException;

/** Runs work in one transaction on a given connection and leaves its auto-commit as it was. */
public final class Tx {
  // A pool's default of REPEATABLE READ would answer the second statement from the first one's
  // snapshot, and a lock that was waited for would end in a serialization failure. And a process
  // that is frozen between two statements keeps its row locks until the server ends its session:
  // its successor waits for the row of the run.
  private static final String BEGIN =
      "set transaction isolation level read committed;"
          + " set local idle_in_transaction_session_timeout = '5s'";

  private Tx() {}

  /** Work inside a transaction. */
  @FunctionalInterface
  public interface Work<T> {
    T in(Connection connection) throws SQLException;
  }

  /** Work inside a transaction that has no result. */
  @FunctionalInterface
  public interface Action {
    void in(Connection connection) throws SQLException;
  }

  /** As {@link #required} for work without a result. */
  public static void run(Connection connection, Action action) throws SQLException {
    required(
        connection,
        tx -> {
          action.in(tx);
          return true;
        });
  }

  /** READ COMMITTED, committed when the work returns, rolled back when it throws. */
  public static <T> T required(Connection connection, Work<T> work) throws SQLException {
    boolean autoCommit = connection.getAutoCommit();
    connection.setAutoCommit(false);
    try {
      begin(connection);
      T result = work.in(connection);
      connection.commit();
      return result;
    } catch (Throwable failure) {
      rollback(connection, failure);
      throw failure;
    } finally {
      if (!connection.isClosed()) {
        connection.setAutoCommit(autoCommit);
      }
    }
  }

  /** The first that a transaction hears, with auto-commit off. */
  public static void begin(Connection connection) throws SQLException {
    try (var statement = connection.createStatement()) {
      statement.execute(BEGIN);
    }
  }

  private static void rollback(Connection connection, Throwable failure) {
    try {
      if (!connection.isClosed()) {
        connection.rollback();
      }
    } catch (SQLException second) {
      failure.addSuppressed(second);
    }
  }
}
