package dev.backfill.internal.expand;

import dev.backfill.internal.postgres.ColumnType;
import dev.backfill.internal.postgres.Identifiers;
import dev.backfill.internal.postgres.TableInfo.ColumnInfo;
import java.sql.Connection;
import java.sql.SQLException;

/** Refuses to replace a default that an existing column has. */
final class DefaultCheck {
  private DefaultCheck() {}

  static void check(
      Connection connection,
      ColumnInfo column,
      Cover.ByDefault cover,
      ColumnType type,
      Findings findings) {
    if (column.defaultExpression().isEmpty()) {
      return;
    }
    String existing = column.defaultExpression().get();
    if (!comesTo(connection, existing, type)
        .equals(comesTo(connection, cover.defaultSql(), type))) {
      findings.problem(
          "Column %s has the default %s, and new rows would be covered by the default %s. Drop the"
                  .formatted(Identifiers.quote(column.name()), existing, cover.defaultSql())
              + " one that it has, or say newRows(application()) to keep it.");
    }
  }

  /** What the planner makes of an expression: a constant in the type's form, or its plain text. */
  private static String comesTo(Connection connection, String sql, ColumnType type) {
    try {
      return new Probe(connection).output("select cast((" + sql + "\n) as " + type.name() + ")");
    } catch (SQLException e) {
      return ServerText.of(e) + ": " + sql;
    }
  }
}
