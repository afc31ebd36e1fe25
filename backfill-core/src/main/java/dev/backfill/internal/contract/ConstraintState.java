package dev.backfill.internal.contract;

import dev.backfill.internal.postgres.Jooq;
import dev.backfill.internal.postgres.TableInfo.Leaf;
import dev.backfill.internal.postgres.TableTree;
import dev.backfill.internal.postgres.Target;
import java.sql.Connection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jooq.DSLContext;
import org.jooq.Record;

/**
 * How far the column is on its way to NOT NULL, by the catalogs.
 *
 * @param name the name of the constraint that the library creates, or has created
 * @param rowType the column is of a composite type
 * @param tables every table of the partition tree, root first
 */
record ConstraintState(String name, boolean rowType, List<TableState> tables) {

  /**
   * One table.
   *
   * @param columnExists whether it has the column
   * @param declared attnotnull, which PostgreSQL 18 sets before the constraint is valid
   */
  record TableState(
      Leaf table, boolean columnExists, boolean declared, List<Constraint> constraints) {

    boolean partitioned() {
      return table.kind() == 'p';
    }

    /** A NOT NULL that is not valid yet (PostgreSQL 18), whoever made it. */
    Optional<String> unvalidatedNotNull() {
      return constraints.stream()
          .filter(c -> !c.check() && !c.valid())
          .map(Constraint::name)
          .findFirst();
    }

    /** Whether a valid CHECK, whoever made it, proves to SET NOT NULL that it need not scan. */
    boolean provenByCheck() {
      return constraints.stream().anyMatch(c -> c.check() && c.valid());
    }

    Optional<Constraint> check(String name) {
      return constraints.stream().filter(c -> c.check() && c.name().equals(name)).findFirst();
    }
  }

  /** A CHECK of nothing but (column IS NOT NULL), or a NOT NULL constraint of the column. */
  record Constraint(String name, boolean check, boolean valid) {}

  // The text of the condition is the server's own. For a composite type IS NOT NULL asks about each
  // of its fields, so there the condition that means NOT NULL has another form. A CHECK with NO
  // INHERIT would not reach the partitions.
  private static final String TABLES =
      """
      select a.attrelid::bigint, a.attnotnull, t.typtype = 'c',
             k.conname::text, k.contype = 'c', k.convalidated
      from pg_catalog.pg_attribute a
      join pg_catalog.pg_type t on t.oid = a.atttypid
      left join pg_catalog.pg_constraint k
        on k.conrelid = a.attrelid and k.conkey = array[a.attnum]
           and (k.contype = 'n'
                or k.contype = 'c' and not k.connoinherit
                   and pg_catalog.pg_get_expr(k.conbin, k.conrelid)
                       = '(' || quote_ident(a.attname)
                         || case when t.typtype = 'c' then ' IS DISTINCT FROM NULL)'
                                 else ' IS NOT NULL)' end)
      where a.attrelid = any (cast(? as oid[])) and a.attname = cast(? as text)
        and not a.attisdropped
      order by k.conname
      """;

  // Names that stand for something else, here or in a partition, which would get the same name.
  private static final String OTHER_NAMES =
      """
      select distinct conname::text from pg_catalog.pg_constraint
      where conrelid = any (cast(? as oid[])) and starts_with(conname::text, cast(? as text))
      """;

  static ConstraintState read(Connection connection, Target target) {
    return read(connection, TableTree.now(connection, target), target.spec().column());
  }

  /**
   * @param tables every table of the partition tree, root first
   */
  static ConstraintState read(Connection connection, List<Leaf> tables, String column) {
    DSLContext sql = Jooq.on(connection);
    Long[] oids = tables.stream().map(Leaf::oid).toArray(Long[]::new);
    Map<Long, List<Record>> rows =
        sql.fetch(TABLES, oids, column).stream()
            .map(Record.class::cast)
            .collect(Collectors.groupingBy(r -> r.get(0, Long.class)));
    List<TableState> states =
        tables.stream()
            .map(table -> state(table, rows.getOrDefault(table.oid(), List.of())))
            .toList();
    Set<String> taken =
        sql.fetch(OTHER_NAMES, oids, ConstraintName.PREFIX).stream()
            .map(r -> r.get(0, String.class))
            .collect(Collectors.toSet());
    states.forEach(s -> s.constraints().forEach(c -> taken.remove(c.name())));
    boolean rowType =
        rows.values().stream().flatMap(List::stream).anyMatch(r -> r.get(2, Boolean.class));
    return new ConstraintState(ConstraintName.free(column, taken), rowType, states);
  }

  private static TableState state(Leaf table, List<Record> rows) {
    return new TableState(
        table,
        !rows.isEmpty(),
        rows.stream().anyMatch(r -> r.get(1, Boolean.class)),
        rows.stream()
            .filter(r -> r.get(3) != null)
            .map(
                r ->
                    new Constraint(
                        r.get(3, String.class), r.get(4, Boolean.class), r.get(5, Boolean.class)))
            .toList());
  }

  TableState root() {
    return tables.get(0);
  }

  /** NOT NULL holds for every row, in every partition. */
  boolean notNullValid() {
    return root().declared()
        && tables.stream().allMatch(table -> table.unvalidatedNotNull().isEmpty());
  }

  /** Whether the server vouches for it that no NULL is left, so that nobody need read the table. */
  boolean proven() {
    return notNullValid() || root().provenByCheck();
  }

  /** The library's CHECK, valid or not. */
  Optional<Constraint> ownCheck() {
    return root().check(name);
  }

  /** Whether a constraint of the library refuses new NULLs while older ones are allowed still. */
  boolean ownUnvalidated() {
    return root().constraints().stream().anyMatch(c -> !c.valid() && c.name().equals(name));
  }
}
