package dev.backfill.testing;

import java.sql.SQLException;

/** A statement of a test failed. */
public final class SqlFailure extends RuntimeException {
  private static final long serialVersionUID = 1;

  SqlFailure(String sql, SQLException cause) {
    super(cause.getMessage() + " [" + cause.getSQLState() + "] in: " + sql, cause);
  }

  public String sqlState() {
    return ((SQLException) getCause()).getSQLState();
  }
}
