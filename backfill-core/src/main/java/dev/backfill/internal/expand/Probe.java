package dev.backfill.internal.expand;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jooq.exception.DataAccessException;

/** Runs SELECTs over the user's SQL, each in a read-only transaction that is rolled back. */
final class Probe {
  // Row security off makes a policy that would apply an error: it would hide rows.
  private static final String BOUNDS =
      """
      set transaction read only;
      select set_config('statement_timeout', '10000', true),
             set_config('lock_timeout', '2000', true),
             set_config('row_security', 'off', true),
             set_config('jit', 'off', true)
      """;

  private final Connection connection;

  /**
   * @param connection in no transaction
   */
  Probe(Connection connection) {
    this.connection = unpooled(connection);
  }

  private static Connection unpooled(Connection connection) {
    try {
      // HikariCP closes a connection that reports 0A000, "not supported": the server's answer to a
      // set-returning function where none may stand, say.
      return connection.isWrapperFor(Connection.class)
          ? connection.unwrap(Connection.class)
          : connection;
    } catch (SQLException e) {
      throw new DataAccessException("Reaching the driver's connection failed", e);
    }
  }

  /** The rows as text, with NULL as the empty string. */
  List<List<String>> select(String sql) throws SQLException {
    boolean autoCommit = connection.getAutoCommit();
    connection.setAutoCommit(false);
    try {
      List<List<String>> rows = execute(sql);
      connection.rollback();
      return rows;
    } catch (SQLException failure) {
      rollback(failure);
      throw failure;
    } finally {
      if (!connection.isClosed()) {
        connection.setAutoCommit(autoCommit);
      }
    }
  }

  /** The first column of the only row. */
  String value(String sql) throws SQLException {
    return select(sql).get(0).get(0);
  }

  /** What a query's plan says after "Output: " in its first node. */
  String output(String sql) throws SQLException {
    String label = "Output: ";
    return select("explain (verbose, costs off) " + sql).stream()
        .map(row -> row.get(0).strip())
        .filter(line -> line.startsWith(label))
        .map(line -> line.substring(label.length()))
        .findFirst()
        .orElseThrow(() -> new SQLException("EXPLAIN printed no output list for " + sql));
  }

  private List<List<String>> execute(String sql) throws SQLException {
    try (Statement bounds = connection.createStatement();
        Statement statement = connection.createStatement()) {
      bounds.execute(BOUNDS);
      // Braces in the user's SQL are none of JDBC's.
      statement.setEscapeProcessing(false);
      try (ResultSet rows = statement.executeQuery(sql)) {
        return read(rows);
      }
    }
  }

  private static List<List<String>> read(ResultSet rows) throws SQLException {
    int columns = rows.getMetaData().getColumnCount();
    List<List<String>> read = new ArrayList<>();
    while (rows.next()) {
      List<String> row = new ArrayList<>();
      for (int i = 1; i <= columns; i++) {
        row.add(Objects.requireNonNullElse(rows.getString(i), ""));
      }
      read.add(row);
    }
    return read;
  }

  private void rollback(SQLException failure) {
    try {
      if (!connection.isClosed()) {
        connection.rollback();
      }
    } catch (SQLException second) {
      failure.addSuppressed(second);
    }
  }
}
