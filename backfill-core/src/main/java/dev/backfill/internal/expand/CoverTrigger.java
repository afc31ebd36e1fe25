package dev.backfill.internal.expand;

import dev.backfill.internal.postgres.Identifiers;
import dev.backfill.internal.postgres.Jooq;
import dev.backfill.internal.postgres.TableInfo.Leaf;
import dev.backfill.internal.postgres.Target;
import dev.backfill.internal.postgres.ValueText;
import dev.backfill.model.ColumnValue;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.stream.Collectors;

/**
 * The triggers that give new rows their value, and keep it right when old code changes an input:
 *
 * <ul>
 *   <li>before INSERT, when the column is NULL;
 *   <li>before UPDATE, when the column is NULL still, or when an input changed and the column did
 *       not. The inputs are compared, and not named in UPDATE OF: another BEFORE trigger may change
 *       one that the statement does not mention.
 * </ul>
 *
 * They run last of the BEFORE triggers, which PostgreSQL orders by name, and ALWAYS: logical apply
 * and session_replication_role = replica skip ordinary ones.
 */
final class CoverTrigger {
  // Sorts after every letter.
  private static final String PREFIX = "~backfill_";
  private static final int NAME_PART = 40;

  private final Target target;
  private final List<String> inputs;
  private final String stateSchema;

  CoverTrigger(Target target, List<String> inputs, String stateSchema) {
    this.target = target;
    this.inputs = inputs;
    this.stateSchema = stateSchema;
  }

  static boolean isOurs(String trigger) {
    return trigger.startsWith(PREFIX);
  }

  static String insertTrigger(String column) {
    return PREFIX + "insert_" + bounded(column);
  }

  static String updateTrigger(String column) {
    return PREFIX + "update_" + bounded(column);
  }

  /** The column's name, or as much of it as fits with a hash of the whole. */
  private static String bounded(String column) {
    if (column.getBytes(StandardCharsets.UTF_8).length <= NAME_PART) {
      return column;
    }
    return UUID.nameUUIDFromBytes(column.getBytes(StandardCharsets.UTF_8)).toString();
  }

  String function() {
    return "cover_" + target.table().oid() + "_" + bounded(target.spec().column());
  }

  /** Everything that creates the cover, to be run in the transaction that adds the column. */
  List<String> create(Connection connection) {
    String table = target.table().sql();
    String insert = Identifiers.quote(insertTrigger(target.spec().column()));
    String update = Identifiers.quote(updateTrigger(target.spec().column()));
    String call = Identifiers.quote(stateSchema, function()) + "()";
    List<String> statements = new ArrayList<>();
    statements.add(createFunction(connection));
    statements.add("drop trigger if exists %s on %s".formatted(insert, table));
    statements.add("drop trigger if exists %s on %s".formatted(update, table));
    statements.add(
        "create trigger %s before insert on %s for each row when (new.%s is null) execute function %s"
            .formatted(insert, table, target.column(), call));
    statements.add(
        "create trigger %s before update on %s for each row when (%s) execute function %s"
            .formatted(update, table, changed(), call));
    for (Leaf each : target.table().tables()) {
      // Each by name: up to PostgreSQL 14 the partitions do not follow their parent in this.
      statements.add(
          "alter table %s enable always trigger %s, enable always trigger %s"
              .formatted(each.sql(), insert, update));
    }
    return statements;
  }

  List<String> drop() {
    String table = target.table().sql();
    return List.of(
        "drop trigger if exists %s on %s"
            .formatted(Identifiers.quote(insertTrigger(target.spec().column())), table),
        "drop trigger if exists %s on %s"
            .formatted(Identifiers.quote(updateTrigger(target.spec().column())), table),
        "drop function if exists " + Identifiers.quote(stateSchema, function()) + "()");
  }

  private String changed() {
    String column = target.column();
    String stillNull = "new." + column + " is null";
    if (inputs.isEmpty()) {
      return stillNull;
    }
    // The record image compares any types, those without an equality too, and takes NULL for a
    // value.
    return "%s or not row(new.%s)::record operator(pg_catalog.*<>) row(old.%s)::record"
            .formatted(stillNull, column, column)
        + " and row(%s)::record operator(pg_catalog.*<>) row(%s)::record"
            .formatted(prefixed("new."), prefixed("old."));
  }

  private String prefixed(String prefix) {
    return inputs.stream()
        .map(c -> prefix + Identifiers.quote(c))
        .collect(Collectors.joining(", "));
  }

  private String createFunction(Connection connection) {
    String body =
        """

        #variable_conflict use_column
        declare
          backfill_computed %s;
        begin
          select (%s
        ) into backfill_computed from (select %s) as %s%s;
          if found then
            new.%s := backfill_computed;
          end if;
          return new;
        end
        """
            .formatted(
                target.columnType(),
                value(),
                inputs.isEmpty()
                    ? ""
                    : inputs.stream()
                        .map(c -> "new." + Identifiers.quote(c) + " as " + Identifiers.quote(c))
                        .collect(Collectors.joining(", ")),
                target.alias(),
                target.spec().where().map(w -> " where (" + w + "\n)").orElse(""),
                target.column());
    String quote = "$backfill$";
    while (body.contains(quote)) {
      quote = "$backfill_" + Integer.toHexString(quote.hashCode() & 0xffff) + "$";
    }
    // Names in the expression mean what they meant here, whatever the writer's search path;
    // temporary
    // objects last, so that none can stand in for a function.
    return "create or replace function %s() returns trigger language plpgsql set search_path = %s as %s%s%s"
        .formatted(
            Identifiers.quote(stateSchema, function()), searchPath(connection), quote, body, quote);
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
