package dev.backfill.internal.batch;

import dev.backfill.internal.postgres.BatchTag;
import dev.backfill.internal.postgres.Target;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Fills rows with a constant or an SQL expression: one UPDATE. */
final class SqlFiller implements Filler {
  private final Target target;
  private final String tag;
  private @Nullable RowValue neverNull;

  SqlFiller(Target target) {
    this.target = target;
    this.tag = BatchTag.of(target.runName());
  }

  @Override
  public Write prepare(Connection connection, LeafSql sql, Rows rows) {
    RowValue value = neverNull == null ? NullRefusal.in(connection, target) : neverNull;
    neverNull = value;
    List<String> parameters = new ArrayList<>(value.binds());
    parameters.addAll(rows.parameters());
    String update = tag + sql.update(value, rows);
    return (tx, settings) -> write(tx, settings + ";" + update, parameters);
  }

  private static Filled write(Connection tx, String statements, List<String> parameters)
      throws SQLException {
    try (PreparedStatement statement = tx.prepareStatement(statements)) {
      Texts.bind(statement, 1, parameters);
      statement.execute();
      Counters before = Texts.countersOfNextResult(statement);
      statement.getMoreResults();
      return new Filled(statement.getLargeUpdateCount(), before, true);
    } catch (SQLException e) {
      throw NullRefusal.caused(e) ? new YieldedNullException(e) : e;
    }
  }
}
