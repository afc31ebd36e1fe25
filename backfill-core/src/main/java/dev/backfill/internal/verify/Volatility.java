package dev.backfill.internal.verify;

import dev.backfill.internal.postgres.ShortReads;
import dev.backfill.internal.postgres.Target;
import dev.backfill.internal.postgres.UserSql;
import dev.backfill.model.ColumnValue;
import dev.backfill.model.PreflightException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;

/**
 * Refuses an expression that yields something else each time, or changes something, such as
 * nextval(). The planner tells: it never pulls up a subquery that computes one.
 */
final class Volatility {
  private static final String KEPT = "Subquery Scan on backfill_rows";

  private Volatility() {}

  static void refuse(ShortReads reads, Target target) throws SQLException, InterruptedException {
    if (target.spec().value() instanceof ColumnValue.Expression expression
        && reads.read(tx -> isVolatile(tx, target, expression.sql()))) {
      throw new PreflightException(
          "The rows of "
              + target.table().sql()
              + " cannot be compared with the value of "
              + target.column()
              + ", which is volatile: it yields something else each time it is computed. Nothing was"
              + " changed. It was: "
              + expression.sql());
    }
  }

  private static boolean isVolatile(Connection tx, Target target, String value)
      throws SQLException {
    String sql =
        "explain (costs off) select from (select (%s\n) as backfill_value from %s as %s) as backfill_rows where backfill_value is null"
            .formatted(UserSql.forPrepared(value), target.table().sql(), target.alias());
    try (PreparedStatement statement = tx.prepareStatement(sql);
        ResultSet lines = statement.executeQuery()) {
      while (lines.next()) {
        if (lines.getString(1).contains(KEPT)) {
          return true;
        }
      }
      return false;
    }
  }
}
