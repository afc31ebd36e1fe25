package dev.backfill.internal.expand;

import dev.backfill.internal.checkpoint.RunRow;
import dev.backfill.internal.postgres.Identifiers;
import dev.backfill.internal.postgres.Jooq;
import java.sql.Connection;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jooq.DSLContext;
import org.jspecify.annotations.Nullable;

/**
 * What EXPAND has created for a run, as far as it is there and still the run's: a name alone proves
 * nothing, since anybody may use it.
 *
 * @param triggers names of the table's triggers that call the run's function
 * @param function the run's function, quoted; empty too when somebody else's trigger calls it
 * @param defaultOf the column whose default the run set and nobody has set since
 * @param column whether the column is the very one that the run added
 */
public record OwnObjects(
    List<String> triggers, Optional<String> function, Optional<String> defaultOf, boolean column) {

  private static final String TRIGGERS =
      """
      select t.tgname::text
      from pg_catalog.pg_trigger t
      join pg_catalog.pg_proc p on p.oid = t.tgfoid
      join pg_catalog.pg_namespace n on n.oid = p.pronamespace
      where t.tgrelid = cast(? as bigint)::oid and t.tgname = any (cast(? as name[]))
        and n.nspname = cast(? as text) and p.proname = cast(? as text)
      order by 1
      """;

  // Partitions have the triggers by the same names.
  private static final String FUNCTION =
      """
      select not exists (
        select from pg_catalog.pg_trigger t
        where t.tgfoid = p.oid
          and not (t.tgname = any (cast(? as name[])) and t.tgrelid = any (cast(? as oid[]))))
      from pg_catalog.pg_proc p
      join pg_catalog.pg_namespace n on n.oid = p.pronamespace
      where n.nspname = cast(? as text) and p.proname = cast(? as text) and p.pronargs = 0
      """;

  private static final String COLUMN =
      """
      select a.attname::text, a.attname = cast(? as text) and a.attnum = cast(? as int),
             d.oid::bigint = cast(? as bigint)
      from pg_catalog.pg_attribute a
      left join pg_catalog.pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
      where a.attrelid = cast(? as bigint)::oid and a.attnum > 0 and not a.attisdropped
      """;

  /**
   * @param tables oids of the table and its partitions; none when it is gone
   */
  public static OwnObjects read(
      Connection connection, RunRow run, List<Long> tables, String stateSchema) {
    DSLContext sql = Jooq.on(connection);
    String function = CoverTrigger.functionName(run.tableOid(), run.columnName());
    String[] names = {
      CoverTrigger.insertTrigger(run.columnName()), CoverTrigger.updateTrigger(run.columnName())
    };
    List<String> triggers =
        sql.fetch(TRIGGERS, run.tableOid(), names, stateSchema, function)
            .map(r -> r.get(0, String.class));
    boolean functionIsFree =
        sql.fetch(FUNCTION, names, tables.toArray(new Long[0]), stateSchema, function).stream()
            .anyMatch(r -> r.get(0, Boolean.class));
    boolean column = false;
    Optional<String> defaultOf = Optional.empty();
    for (var each :
        sql.fetch(
            COLUMN,
            run.columnName(),
            run.addedAttnum().orElse(null),
            run.defaultOid().orElse(null),
            run.tableOid())) {
      column |= isTrue(each.get(1, Boolean.class));
      if (isTrue(each.get(2, Boolean.class))) {
        defaultOf = Optional.of(each.get(0, String.class));
      }
    }
    return new OwnObjects(
        triggers,
        functionIsFree
            ? Optional.of(Identifiers.quote(stateSchema, function))
            : Optional.<String>empty(),
        defaultOf,
        column);
  }

  private static boolean isTrue(@Nullable Boolean value) {
    return Boolean.TRUE.equals(value);
  }

  /** Whether new rows get their value by anything of the run's. */
  public boolean coversNewRows() {
    return !triggers.isEmpty() || defaultOf.isPresent();
  }

  /** What drops the triggers and their function. */
  public List<String> dropTriggers(String table) {
    List<String> statements = new ArrayList<>();
    triggers.forEach(
        trigger ->
            statements.add("drop trigger %s on %s".formatted(Identifiers.quote(trigger), table)));
    function.ifPresent(name -> statements.add("drop function " + name + "()"));
    return statements;
  }
}
