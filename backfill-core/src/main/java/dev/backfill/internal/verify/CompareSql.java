package dev.backfill.internal.verify;

import dev.backfill.internal.postgres.BatchTag;
import dev.backfill.internal.postgres.Identifiers;
import dev.backfill.internal.postgres.TableInfo.Leaf;
import dev.backfill.internal.postgres.Target;
import dev.backfill.internal.postgres.UserSql;
import dev.backfill.internal.postgres.ValueText;
import dev.backfill.model.ColumnValue;
import java.util.List;
import java.util.stream.Collectors;

/**
 * The statements that compare the rows between two places of a leaf, the last one excluded: TID
 * range scans, from PostgreSQL 14 on.
 */
final class CompareSql {
  private final Target target;
  private final StoredType type;
  private final String tag;
  private final String rows;
  private final String stored;

  CompareSql(Target target, StoredType type, Leaf leaf) {
    this.target = target;
    this.type = type;
    this.tag = BatchTag.of(target.runName());
    this.stored = target.alias() + "." + target.column();
    this.rows =
        " from %s as %s where %2$s.ctid >= cast(? as tid) and %2$s.ctid < cast(? as tid)%s"
            .formatted(leaf.sql(), target.alias(), condition());
  }

  /** A CASE keeps the planner off an index that the condition could use. */
  private String condition() {
    return target
        .spec()
        .where()
        .map(w -> " and case when (" + UserSql.forPrepared(w) + "\n) then true else false end")
        .orElse("");
  }

  /** Numbers of rows: all, without a value, different. Parameters: the value's, two places. */
  String counts() {
    return tag
        + "select count(*), count(*) filter (where %s is null), count(*) filter (where %s)"
            .formatted(stored, differs())
        + rows;
  }

  /** Keys of rows that differ. Parameters: two places, the value's, how many. */
  String different() {
    return tag + "select " + key() + rows + " and " + differs() + " limit cast(? as bigint)";
  }

  /** Places and keys of all rows, whose values may not be computable. Parameters: two places. */
  String places() {
    return tag + "select " + target.alias() + ".ctid::text, " + key() + rowsOfAnyCondition();
  }

  private String rowsOfAnyCondition() {
    int end = rows.length() - condition().length();
    return rows.substring(0, end);
  }

  /** Keys, values and inputs, for a Java function. Parameters: two places. */
  String inputs(List<String> inputs) {
    String columns =
        inputs.stream()
            .map(c -> ", " + target.alias() + "." + Identifiers.quote(c))
            .collect(Collectors.joining());
    return tag + "select " + key() + ", " + stored + "::text" + columns + rows;
  }

  /**
   * Which pairs of a stored and a computed value differ, by number. Parameters: two arrays of
   * texts.
   */
  String differentPairs() {
    return tag
        + "select backfill_pair.n from unnest(cast(? as text[]), cast(? as text[]))"
        + " with ordinality as backfill_pair(stored, computed, n) where "
        + type.differ(
            "cast(backfill_pair.stored as " + type.type().name() + ")",
            type.type().assigned("backfill_pair.computed"));
  }

  private String key() {
    return target.key().columns().stream()
        .map(c -> target.alias() + "." + Identifiers.quote(c.name()) + "::text")
        .collect(Collectors.joining(", ", "array[", "]"));
  }

  /** The value is not asked for where there is none: it may be the one that cannot be computed. */
  private String differs() {
    return "case when %s is null then false else %s end"
        .formatted(stored, type.differ(stored, type.type().assigned(value())));
  }

  private String value() {
    return target.spec().value() instanceof ColumnValue.Expression expression
        ? UserSql.forPrepared(expression.sql())
        : "cast(? as text)";
  }

  /** What is bound to the value. */
  List<String> valueParameters() {
    return target.spec().value() instanceof ColumnValue.Constant constant
        ? List.of(ValueText.of(constant.value()))
        : List.of();
  }
}
