package dev.backfill.internal.batch;

import dev.backfill.internal.postgres.BaseType;
import dev.backfill.internal.postgres.Refusal;
import dev.backfill.internal.postgres.Target;
import java.sql.Connection;
import java.sql.SQLException;

/**
 * Makes an UPDATE fail at the first row for which an expression yields NULL, since no pass would
 * ever fill that row. To have each row returned and counted instead costs a twentieth of the batch.
 */
final class NullRefusal {
  private static final Refusal REFUSAL = new Refusal("backfill: the value is NULL at");

  private NullRefusal() {}

  /** The value of the target as an UPDATE writes it: SQL that is never NULL. */
  static RowValue in(Connection connection, Target target) {
    RowValue value = RowValue.of(target.spec().value());
    return value.canBeNull()
        ? refusing(value, BaseType.of(connection, target), target.alias())
        : value;
  }

  private static RowValue refusing(RowValue value, BaseType type, String alias) {
    String sql =
        "coalesce(cast(%1$s as %2$s), cast(case %3$s when 0 then null end as %2$s))"
            .formatted(value.sql(), type.name(), REFUSAL.sql(alias + ".ctid"));
    return new RowValue(sql, value.binds(), false);
  }

  /** Whether an update failed by what {@link #in} built into it. */
  static boolean caused(SQLException e) {
    return REFUSAL.caused(e);
  }
}
