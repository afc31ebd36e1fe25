package dev.backfill.examples.benchmark;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import javax.sql.DataSource;

/**
 * How many rows had to be filled, hold their value, and hold what they must not. A contender is
 * fast by what it fills right.
 */
record FilledRows(long due, long right, long wrong) {
  private static final String QUERY =
      """
      SELECT count(*) FILTER (WHERE due),
             count(*) FILTER (WHERE due AND held = shall_be),
             count(*) FILTER (WHERE held IS NOT NULL AND NOT (due AND held = shall_be))
      FROM (
        SELECT %1$s AS held, cast(%2$s AS %3$s) AS shall_be, %4$s AS due FROM %5$s) AS t
      """;

  static FilledRows of(DataSource dataSource, BenchTable table) throws SQLException {
    try (Connection connection = dataSource.getConnection();
        Statement statement = connection.createStatement();
        ResultSet row =
            statement.executeQuery(
                QUERY.formatted(
                    BenchTable.COLUMN,
                    table.value().sql(),
                    table.value().type(),
                    table.where().orElse("true"),
                    table.table()))) {
      row.next();
      return new FilledRows(row.getLong(1), row.getLong(2), row.getLong(3));
    }
  }
}
