package dev.backfill.testing;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.function.IntFunction;

/** What {@link TrafficBuilder} has collected; its methods say what each part means. */
record TrafficSettings(
    TestDatabase database,
    String table,
    String column,
    int writers,
    Map<Operation, Integer> weights,
    int rowsPerTransaction,
    Duration pause,
    long seed,
    boolean recomputed,
    IntFunction<String> applicationValue,
    Set<String> tolerated) {

  TrafficSettings {
    weights = Map.copyOf(weights);
    tolerated = Set.copyOf(tolerated);
  }

  /** Reads a query's rows, however many. */
  void scan(String sql, RowAction action) {
    try (Connection connection = database.direct().getConnection();
        Statement statement = connection.createStatement()) {
      // Only so does the driver fetch piece by piece.
      connection.setAutoCommit(false);
      statement.setFetchSize(10_000);
      try (ResultSet rows = statement.executeQuery(sql)) {
        while (rows.next()) {
          action.on(rows);
        }
      }
    } catch (SQLException e) {
      throw new SqlFailure(sql, e);
    }
  }

  interface RowAction {
    void on(ResultSet row) throws SQLException;
  }

  String quotedColumn() {
    return '"' + column.replace("\"", "\"\"") + '"';
  }
}
