package dev.backfill.throttle;

import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.OptionalDouble;

/**
 * A signal that one query reads.
 *
 * @param sql one row, one number; NULL when it cannot be known. A single parameter, where there is
 *     one, is the array of the tables' oids
 */
record QuerySignal(
    String name,
    double limit,
    double release,
    String unit,
    boolean mustBeReadable,
    String sql,
    boolean ofTables)
    implements Signal {

  @Override
  public OptionalDouble read(SignalContext context) throws SQLException {
    try (PreparedStatement statement = context.connection().prepareStatement(sql)) {
      if (ofTables) {
        statement.setArray(
            1, context.connection().createArrayOf("oid", context.tables().toArray()));
      }
      try (ResultSet rows = statement.executeQuery()) {
        if (!rows.next()) {
          throw new SQLException("The query of signal " + name + " returned no row.");
        }
        Object value = rows.getObject(1);
        if (value == null) {
          return OptionalDouble.empty();
        }
        if (!(value instanceof Number number)) {
          throw new SQLException(
              "The query of signal " + name + " returned no number but \"" + value + "\".");
        }
        return OptionalDouble.of(number.doubleValue());
      }
    }
  }
}
