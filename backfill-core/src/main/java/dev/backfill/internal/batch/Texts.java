package dev.backfill.internal.batch;

import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Binds and reads values in their text form; the types stay PostgreSQL's business. */
final class Texts {
  private Texts() {}

  /** Binds texts of unknown type, so that each takes the type that the statement gives it. */
  static int bind(PreparedStatement statement, int first, List<String> texts) throws SQLException {
    int index = first;
    for (String text : texts) {
      statement.setObject(index++, text, Types.OTHER);
    }
    return index;
  }

  /** Every column of the row as text. */
  static List<String> row(ResultSet row) throws SQLException {
    int columns = row.getMetaData().getColumnCount();
    List<String> texts = new ArrayList<>(columns);
    for (int i = 1; i <= columns; i++) {
      texts.add(row.getString(i));
    }
    return texts;
  }

  static Optional<List<String>> firstRow(PreparedStatement statement) throws SQLException {
    try (ResultSet rows = statement.executeQuery()) {
      return rows.next() ? Optional.of(row(rows)) : Optional.empty();
    }
  }

  /**
   * The counters in the last columns of the first result that has rows; statements that were sent
   * along before it, such as SET, report only a count.
   */
  static Counters countersOfNextResult(PreparedStatement statement) throws SQLException {
    while (statement.getResultSet() == null) {
      if (!statement.getMoreResults() && statement.getUpdateCount() == -1) {
        throw new SQLException("the settings of a batch returned no row");
      }
    }
    try (ResultSet row = statement.getResultSet()) {
      row.next();
      int last = row.getMetaData().getColumnCount();
      return new Counters(row.getLong(last - 1), row.getLong(last));
    }
  }
}
