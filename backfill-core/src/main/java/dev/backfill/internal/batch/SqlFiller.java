package dev.backfill.internal.batch;

import dev.backfill.internal.postgres.BatchTag;
import dev.backfill.internal.postgres.Target;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/** Fills rows with a constant or an SQL expression: one UPDATE. */
final class SqlFiller implements Filler {
  private final RowValue value;
  private final String column;
  private final String tag;

  SqlFiller(Target target, RowValue value) {
    this.value =
        value.canBeNull()
            ? NullRefusal.in(value, target.columnType(), target.alias()).orElse(value)
            : value;
    this.column = target.alias() + "." + target.column();
    this.tag = BatchTag.of(target.runName());
  }

  @Override
  public Write prepare(Connection connection, LeafSql sql, Rows rows) {
    List<String> parameters = new ArrayList<>(value.binds());
    parameters.addAll(rows.parameters());
    String update = tag + countNulls(sql.update(value, rows));
    return (tx, settings) -> write(tx, settings + ";" + update, parameters);
  }

  /**
   * An expression may yield NULL for a row; it must be reported, since no pass would ever fill it.
   */
  private String countNulls(String update) {
    return value.canBeNull()
        ? "with backfill_filled as ("
            + update
            + " returning "
            + column
            + " is null as is_null) select count(*), count(*) filter (where is_null) from backfill_filled"
        : update;
  }

  private Filled write(Connection tx, String statements, List<String> parameters)
      throws SQLException {
    try (PreparedStatement statement = tx.prepareStatement(statements)) {
      Texts.bind(statement, 1, parameters);
      execute(statement);
      Counters before = Texts.countersOfNextResult(statement);
      if (!value.canBeNull()) {
        statement.getMoreResults();
        return new Filled(statement.getLargeUpdateCount(), before, true);
      }
      statement.getMoreResults();
      try (ResultSet counts = statement.getResultSet()) {
        counts.next();
        long rows = counts.getLong(1);
        long nulls = counts.getLong(2);
        if (nulls > 0) {
          throw new YieldedNullException(nulls, rows);
        }
        return new Filled(rows, before, true);
      }
    }
  }

  private static void execute(PreparedStatement statement) throws SQLException {
    try {
      statement.execute();
    } catch (SQLException e) {
      throw NullRefusal.caused(e) ? new YieldedNullException(e) : e;
    }
  }
}
