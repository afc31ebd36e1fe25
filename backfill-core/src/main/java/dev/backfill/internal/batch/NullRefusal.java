package dev.backfill.internal.batch;

import dev.backfill.internal.postgres.Refusal;
import java.sql.SQLException;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Makes an UPDATE fail at the first row for which an expression yields NULL, since no pass would
 * ever fill that row. To have each row returned and counted instead costs a tenth of the batch.
 */
final class NullRefusal {
  private static final Refusal REFUSAL = new Refusal("backfill: the value is NULL at");

  // The types whose explicit cast does what assignment does. Not character(n) and bit(n), which it
  // cuts, and not domains, which may be one of them.
  private static final Pattern CAST_AS_ASSIGNED =
      Pattern.compile(
          "(smallint|integer|bigint|numeric|real|double precision|boolean|text|character varying"
              + "|uuid|date|jsonb?|bytea|timestamp with(out)? time zone|time with(out)? time zone)");
  private static final Pattern MODIFIER = Pattern.compile("\\([^)]*\\)");

  private NullRefusal() {}

  /**
   * The value as SQL that is never NULL.
   *
   * @param type the column's type as format_type prints it
   * @param alias quoted alias of the table
   * @return empty when a value of that type has to be looked at after the update
   */
  static Optional<RowValue> in(RowValue value, String type, String alias) {
    // Without its modifier: the assignment that follows complains of what is too long.
    Matcher bare = CAST_AS_ASSIGNED.matcher(MODIFIER.matcher(type).replaceAll(""));
    if (!bare.matches()) {
      return Optional.empty();
    }
    String sql =
        "coalesce(cast(%1$s as %2$s), cast(case %3$s when 0 then null end as %2$s))"
            .formatted(value.sql(), bare.group(), REFUSAL.sql(alias + ".ctid"));
    return Optional.of(new RowValue(sql, value.binds(), false));
  }

  /** Whether an update failed by what {@link #in} built into it. */
  static boolean caused(SQLException e) {
    return REFUSAL.caused(e);
  }
}
