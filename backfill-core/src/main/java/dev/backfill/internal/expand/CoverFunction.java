package dev.backfill.internal.expand;

import dev.backfill.internal.postgres.Identifiers;
import dev.backfill.internal.postgres.Jooq;
import dev.backfill.internal.postgres.Target;
import dev.backfill.internal.postgres.ValueText;
import dev.backfill.model.ColumnValue;
import java.sql.Connection;
import java.util.stream.Collectors;

/**
 * The function that both triggers call: computes the value from NEW, under the name by which the
 * user's SQL knows the table. It runs with the rights of whoever writes the row.
 */
final class CoverFunction {
  private final Target target;
  private final Cover.ByTrigger cover;
  private final String name;

  /**
   * @param name quoted and qualified
   */
  CoverFunction(Target target, Cover.ByTrigger cover, String name) {
    this.target = target;
    this.cover = cover;
    this.name = name;
  }

  String create(Connection connection) {
    String body = body();
    String quote = "$backfill$";
    for (int i = 1; body.contains(quote); i++) {
      quote = "$backfill" + i + "$";
    }
    // Names in the expression mean what they meant here, whatever the writer's search path;
    // temporary objects last, so that none can stand in for a function.
    return "create or replace function %s() returns trigger language plpgsql set search_path = %s as %s%s%s"
        .formatted(name, searchPath(connection), quote, body, quote);
  }

  /** Whether the function is there and computes this very value. */
  boolean isCurrent(Connection connection, String schema, String function) {
    return Jooq.on(connection)
        .fetchSingle(
            """
            select exists (
              select from pg_catalog.pg_proc p
              join pg_catalog.pg_namespace n on n.oid = p.pronamespace
              where n.nspname = cast(? as text) and p.proname = cast(? as text)
                and p.prosrc = cast(? as text))
            """,
            schema,
            function,
            body())
        .get(0, Boolean.class);
  }

  private String body() {
    // A column may be called like a variable of PL/pgSQL, found or tg_op say. A record takes a
    // value
    // of any type whole; a composite variable would take it field by field.
    return """

    #variable_conflict use_column
    declare
      backfill_computed record;
    begin
      select (%s
    ) as value into backfill_computed from %s as %s%s;
      if found then
        new.%s := backfill_computed.value;
      end if;
      return new;
    end
    """
        .formatted(
            value(),
            row(),
            target.alias(),
            target.spec().where().map(w -> " where (" + w + "\n)").orElse(""),
            target.column());
  }

  private String row() {
    if (cover.wholeRow()) {
      // Keeps the table's row type, which a function over whole rows asks for.
      return "unnest(array[new])";
    }
    return cover.inputs().stream()
        .map(c -> "new." + Identifiers.quote(c) + " as " + Identifiers.quote(c))
        .collect(Collectors.joining(", ", "(select ", ")"));
  }

  private String value() {
    return target.spec().value() instanceof ColumnValue.Constant constant
        ? Identifiers.literal(ValueText.of(constant.value()))
        : ((ColumnValue.Expression) target.spec().value()).sql();
  }

  private static String searchPath(Connection connection) {
    String path =
        Jooq.on(connection)
            .fetchSingle(
                "select coalesce(string_agg(quote_ident(s), ', ' order by n), '')"
                    + " from unnest(current_schemas(true)) with ordinality u(s, n)"
                    + " where s not like 'pg\\_temp%'")
            .get(0, String.class);
    return path.isEmpty() ? "pg_catalog, pg_temp" : path + ", pg_temp";
  }
}
