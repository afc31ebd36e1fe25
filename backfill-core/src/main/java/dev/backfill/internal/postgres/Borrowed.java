package dev.backfill.internal.postgres;

import java.sql.Connection;
import java.sql.SQLException;
import javax.sql.DataSource;

/**
 * A connection from the caller's pool, in auto-commit whatever the pool's default is: otherwise a
 * lone query would leave a transaction open, with its snapshot and locks, for as long as we keep
 * the connection. It goes back as it came.
 */
public final class Borrowed implements AutoCloseable {
  private final Connection connection;
  private final boolean autoCommit;

  private Borrowed(Connection connection, boolean autoCommit) {
    this.connection = connection;
    this.autoCommit = autoCommit;
  }

  public static Borrowed from(DataSource dataSource) throws SQLException {
    Connection connection = dataSource.getConnection();
    try {
      boolean autoCommit = connection.getAutoCommit();
      if (!autoCommit) {
        // A pool's own check may have begun a transaction already.
        connection.rollback();
        connection.setAutoCommit(true);
      }
      return new Borrowed(connection, autoCommit);
    } catch (Throwable failure) {
      close(connection, failure);
      throw failure;
    }
  }

  private static void close(Connection connection, Throwable failure) {
    try {
      connection.close();
    } catch (SQLException second) {
      failure.addSuppressed(second);
    }
  }

  public Connection connection() {
    return connection;
  }

  public boolean isClosed() throws SQLException {
    return connection.isClosed();
  }

  /** Gives the connection back, broken or not. */
  @Override
  public void close() throws SQLException {
    try (connection) {
      if (!autoCommit && !connection.isClosed()) {
        connection.setAutoCommit(false);
      }
    }
  }
}
