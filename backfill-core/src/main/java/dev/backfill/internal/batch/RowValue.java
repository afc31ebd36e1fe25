package dev.backfill.internal.batch;

import dev.backfill.internal.postgres.UserSql;
import dev.backfill.internal.postgres.ValueText;
import dev.backfill.model.ColumnValue;
import java.util.List;

/**
 * How a value stands in the UPDATE: as SQL with at most one bound parameter.
 *
 * @param canBeNull whether an expression might yield NULL for some row
 */
record RowValue(String sql, List<String> binds, boolean canBeNull) {

  static RowValue of(ColumnValue value) {
    if (value instanceof ColumnValue.Constant constant) {
      // An untyped parameter takes the column's type by assignment, as a literal would: a cast
      // would
      // cut a text that is too long without a word.
      return new RowValue("?", List.of(ValueText.of(constant.value())), false);
    }
    if (value instanceof ColumnValue.Expression expression) {
      // The parenthesis stands on a line of its own, so that a trailing comment cannot swallow it.
      return new RowValue("(" + UserSql.forPrepared(expression.sql()) + "\n)", List.of(), true);
    }
    throw new IllegalArgumentException("computed in Java, not in SQL");
  }
}
