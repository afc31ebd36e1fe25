package dev.backfill.internal.expand;

import dev.backfill.internal.postgres.Catalog;
import dev.backfill.internal.postgres.Identifiers;
import dev.backfill.internal.postgres.Jooq;
import dev.backfill.internal.postgres.TableInfo;
import dev.backfill.internal.postgres.TableInfo.Leaf;
import dev.backfill.internal.postgres.Target;
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
  // Sorts after every letter and digit.
  static final String PREFIX = "~~backfill_";
  // With prefix and oid within the 63 bytes of a name.
  private static final int NAME_PART = 40;

  private final Target target;
  private final Cover.ByTrigger cover;
  private final CoverFunction function;
  private final String stateSchema;

  CoverTrigger(Target target, Cover.ByTrigger cover, String stateSchema) {
    this.target = target;
    this.cover = cover;
    this.stateSchema = stateSchema;
    this.function = new CoverFunction(target, cover, quotedFunction());
  }

  static String insertTrigger(String column) {
    return PREFIX + "insert_" + bounded(column);
  }

  static String updateTrigger(String column) {
    return PREFIX + "update_" + bounded(column);
  }

  /** The column's name, or a hash of it when it is too long to be part of a name. */
  private static String bounded(String column) {
    byte[] bytes = column.getBytes(StandardCharsets.UTF_8);
    return bytes.length <= NAME_PART ? column : UUID.nameUUIDFromBytes(bytes).toString();
  }

  /** The function's name: the oid tells tables of one name in different schemas apart. */
  static String functionName(long table, String column) {
    return "cover_" + table + "_" + bounded(column);
  }

  private String function() {
    return functionName(target.table().oid(), target.spec().column());
  }

  private String quotedFunction() {
    return Identifiers.quote(stateSchema, function());
  }

  /**
   * What is left to create, to be run in the transaction that adds the column; empty when function
   * and triggers are there on every partition, as they should be.
   */
  List<String> create(Connection connection, TableInfo table) {
    String createFunction = function.create(connection);
    boolean sameFunction = function.isCurrent(connection, stateSchema, function());
    if (sameFunction && triggersExist(connection, table)) {
      return List.of();
    }
    String insert = Identifiers.quote(insertTrigger(target.spec().column()));
    String update = Identifiers.quote(updateTrigger(target.spec().column()));
    List<String> statements = new ArrayList<>();
    statements.add(createFunction);
    statements.add("drop trigger if exists %s on %s".formatted(insert, table.sql()));
    statements.add("drop trigger if exists %s on %s".formatted(update, table.sql()));
    statements.add(
        "create trigger %s before insert on %s for each row when (new.%s is null) execute function %s()"
            .formatted(insert, table.sql(), target.column(), quotedFunction()));
    statements.add(
        "create trigger %s before update on %s for each row when (%s) execute function %s()"
            .formatted(update, table.sql(), stale(), quotedFunction()));
    for (Leaf each : table.tables()) {
      // Each by name: up to PostgreSQL 14 the partitions need not follow their parent in this.
      statements.add(
          "alter table %s enable always trigger %s, enable always trigger %s"
              .formatted(each.sql(), insert, update));
    }
    return statements;
  }

  private boolean triggersExist(Connection connection, TableInfo table) {
    String insert = insertTrigger(target.spec().column());
    String update = updateTrigger(target.spec().column());
    Catalog catalog = new Catalog(Jooq.on(connection));
    return table.tables().stream()
        .allMatch(
            each ->
                catalog.triggers(each.oid()).stream()
                        .filter(t -> t.name().equals(insert) || t.name().equals(update))
                        .filter(t -> t.enabled() == 'A')
                        .count()
                    == 2);
  }

  List<String> drop() {
    String table = target.table().sql();
    return List.of(
        "drop trigger if exists %s on %s"
            .formatted(Identifiers.quote(insertTrigger(target.spec().column())), table),
        "drop trigger if exists %s on %s"
            .formatted(Identifiers.quote(updateTrigger(target.spec().column())), table),
        "drop function if exists " + quotedFunction() + "()");
  }

  /** Whether an updated row needs its value computed, for the first time or again. */
  private String stale() {
    String stillNull = "new." + target.column() + " is null";
    if (cover.inputs().isEmpty()) {
      return stillNull;
    }
    RowImage column =
        target
            .table()
            .column(target.spec().column())
            .map(RowImage::of)
            .orElseGet(() -> RowImage.ofNew(target.spec().column(), target.columnType()));
    return cover.inputs().stream()
        .map(c -> RowImage.of(target.table().column(c).orElseThrow()).changed())
        .collect(
            Collectors.joining(" or ", stillNull + " or " + column.unchanged() + " and (", ")"));
  }
}
