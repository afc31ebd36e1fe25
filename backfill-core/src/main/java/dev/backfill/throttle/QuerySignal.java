package dev.backfill.throttle;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

/** A quantity that the user's own query reads: one row, one number, or NULL for unknown. */
record QuerySignal(String name, double limit, String unit, String sql) implements Signal {
  private static final String CARDINALITY = "21000";
  private static final String NO_DATA = "02000";
  private static final String WRONG_TYPE = "42804";

  QuerySignal {
    if (name.isBlank()) {
      throw new IllegalArgumentException("query: the name is blank");
    }
    if (sql.isBlank()) {
      throw new IllegalArgumentException("query " + name + ": the SQL is blank");
    }
    Positive.require("query " + name, limit);
  }

  @Override
  public Reading read(SignalContext context) throws SQLException {
    // Not prepared: question marks may be operators.
    try (Statement statement = context.connection().createStatement()) {
      statement.setMaxRows(2);
      try (ResultSet rows = statement.executeQuery(sql)) {
        int columns = rows.getMetaData().getColumnCount();
        if (columns != 1) {
          throw refused("returns " + columns + " columns", "one", CARDINALITY);
        }
        if (!rows.next()) {
          throw refused("returned no row", "one, with NULL for an unknown value", NO_DATA);
        }
        Object value = rows.getObject(1);
        if (rows.next()) {
          throw refused("returned more than one row", "one", CARDINALITY);
        }
        return value == null ? Reading.unknown("its query returned NULL") : reading(value);
      }
    }
  }

  private Reading reading(Object value) throws SQLException {
    if (!(value instanceof Number number)) {
      throw refused(
          "returned \"" + value + "\"",
          "a number (of an interval, extract(epoch from ...))",
          WRONG_TYPE);
    }
    return Double.isNaN(number.doubleValue())
        ? Reading.unknown("its query returned NaN")
        : Reading.of(number.doubleValue());
  }

  private SQLException refused(String what, String instead, String sqlState) {
    return new SQLException("The query " + what + "; it must return " + instead + ".", sqlState);
  }
}
