package dev.backfill.internal.expand;

import dev.backfill.internal.postgres.Jooq;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;

/** Tries SQL that the user wrote in a read-only transaction that is always rolled back. */
final class Probe {
  private static final String TIMEOUT_MILLIS = "10000";

  private final Connection connection;

  Probe(Connection connection) {
    this.connection = connection;
  }

  /** The result of one SELECT, as text. */
  record Result(List<String> types, List<List<String>> rows) {}

  /**
   * @throws SQLException what the server says, or when the text holds more than one statement
   */
  Result select(String sql) throws SQLException {
    boolean autoCommit = connection.getAutoCommit();
    connection.setAutoCommit(false);
    try (Statement statement = connection.createStatement()) {
      statement.execute("set transaction read only");
      Jooq.on(connection)
          .fetch(
              "select set_config('statement_timeout', ?, true), set_config('lock_timeout', '2000', true),"
                  + " set_config('row_security', 'off', true), set_config('jit', 'off', true)",
              TIMEOUT_MILLIS);
      boolean isSelect = statement.execute(sql);
      Result result = isSelect ? read(statement) : new Result(List.of(), List.of());
      if (!isSelect || statement.getMoreResults() || statement.getUpdateCount() != -1) {
        throw new SQLException("it is more than one SQL expression", "42601");
      }
      return result;
    } finally {
      connection.rollback();
      connection.setAutoCommit(autoCommit);
    }
  }

  private static Result read(Statement statement) throws SQLException {
    try (ResultSet rows = statement.getResultSet()) {
      int columns = rows.getMetaData().getColumnCount();
      List<String> types = new ArrayList<>();
      for (int i = 1; i <= columns; i++) {
        types.add(rows.getMetaData().getColumnTypeName(i));
      }
      List<List<String>> read = new ArrayList<>();
      while (rows.next()) {
        List<String> row = new ArrayList<>();
        for (int i = 1; i <= columns; i++) {
          row.add(String.valueOf(rows.getString(i)));
        }
        read.add(row);
      }
      return new Result(types, read);
    }
  }
}
