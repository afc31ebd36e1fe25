package dev.backfill.throttle;

import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import org.jspecify.annotations.Nullable;

/**
 * A signal of ours that one query over the server's own views reads.
 *
 * @param sql one row of value, detail and caveat
 * @param binder gives the query its parameters
 */
record CatalogSignal(String name, double limit, String unit, String sql, Binder binder)
    implements Signal {

  /** Sets the parameters of the query. */
  @FunctionalInterface
  interface Binder {
    void bind(PreparedStatement statement, SignalContext context) throws SQLException;
  }

  /** The query has no parameters. */
  static final Binder NOTHING = (statement, context) -> {};

  /** The only parameter is the array of the tables' oids. */
  static final Binder TABLES =
      (statement, context) ->
          statement.setArray(
              1, context.connection().createArrayOf("oid", context.tables().toArray()));

  @Override
  public Reading read(SignalContext context) throws SQLException {
    try (PreparedStatement statement = context.connection().prepareStatement(sql)) {
      binder.bind(statement, context);
      try (ResultSet rows = statement.executeQuery()) {
        rows.next();
        double value = rows.getDouble(1);
        boolean known = !rows.wasNull();
        String caveat = text(rows.getString(3));
        return known
            ? Reading.atLeast(value, text(rows.getString(2)), caveat)
            : Reading.unknown(caveat);
      }
    }
  }

  private static String text(@Nullable String text) {
    return text == null ? "" : text;
  }
}
