package dev.backfill.internal.contract;

import dev.backfill.internal.postgres.Identifiers;
import dev.backfill.internal.postgres.TableInfo.Leaf;
import dev.backfill.internal.postgres.Target;
import dev.backfill.internal.postgres.UserSql;
import java.util.stream.Collectors;

/**
 * The statements that look for rows without a value in a chunk of a leaf: a TID range scan, from
 * PostgreSQL 14 on. Parameters: two places, the last one excluded.
 */
final class NullSql {
  private final Target target;
  private final String rows;

  NullSql(Target target, Leaf leaf) {
    this.target = target;
    // The CASE keeps the planner off an index on the rows without a value. It would be read whole
    // in each chunk, and the backfill has just left a dead entry in it for every row.
    this.rows =
        " from %s as %s where %s and %s and case when %s is null then true else false end"
            .formatted(
                leaf.sql(),
                target.alias(),
                of("ctid") + " >= cast(? as tid)",
                of("ctid") + " < cast(? as tid)",
                of(target.column()));
  }

  /** First and last place of such a row. */
  String places() {
    return "select min(ctid)::text, max(ctid)::text" + rows;
  }

  /** How many of them the run fills, and how many are outside of where(...). */
  String counts() {
    return "select count(*) filter (where %s), count(*) filter (where not %s)"
            .formatted(fillable(), fillable())
        + rows;
  }

  /** Keys of some of them, for a message: {@code "id" = 17}. */
  String keys(boolean fillable, int most) {
    return "select "
        + target.key().columns().stream()
            .map(c -> Identifiers.quote(c.name()))
            .map(c -> Identifiers.literal(c + " = ") + " || " + of(c) + "::text")
            .collect(Collectors.joining(" || ' and ' || "))
        + rows
        + " and "
        + (fillable ? "" : "not ")
        + fillable()
        + " limit "
        + most;
  }

  private String of(String column) {
    return target.alias() + "." + column;
  }

  private String fillable() {
    return target
        .spec()
        .where()
        .map(where -> "((" + UserSql.forPrepared(where) + "\n) is true)")
        .orElse("true");
  }
}
