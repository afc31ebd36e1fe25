package dev.backfill.internal.verify;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.util.Arrays;
import java.util.List;

/** Plain JDBC: jOOQ would take the braces and question marks of the user's SQL for its own. */
final class Statements {
  private Statements() {}

  /** Binds texts of unknown type, so that each takes the type that the statement gives it. */
  static PreparedStatement prepare(Connection connection, String sql, List<String> parameters)
      throws SQLException {
    PreparedStatement statement = connection.prepareStatement(sql);
    try {
      int index = 1;
      for (String parameter : parameters) {
        statement.setObject(index++, parameter, Types.OTHER);
      }
      // All rows at once, whatever the driver's default: a cursor would end with its transaction.
      statement.setFetchSize(0);
      return statement;
    } catch (SQLException e) {
      statement.close();
      throw e;
    }
  }

  /** A key as an array of texts. */
  static List<String> key(ResultSet row, int column) throws SQLException {
    return Arrays.asList((String[]) row.getArray(column).getArray());
  }
}
