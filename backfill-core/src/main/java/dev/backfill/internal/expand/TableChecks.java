package dev.backfill.internal.expand;

import dev.backfill.internal.postgres.BoundedRead;
import dev.backfill.internal.postgres.Catalog;
import dev.backfill.internal.postgres.Catalog.Relation;
import dev.backfill.internal.postgres.Identifiers;
import dev.backfill.internal.postgres.Jooq;
import dev.backfill.internal.postgres.TableInfo;
import dev.backfill.model.Specification;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import org.jooq.DSLContext;
import org.jooq.Record;

/** What speaks against the table itself. */
final class TableChecks {
  private static final long FIRST_USER_OID = 16384;

  private final Connection connection;
  private final DSLContext sql;
  private final Specification spec;
  private final Findings findings;

  TableChecks(Connection connection, Specification spec, Findings findings) {
    this.connection = connection;
    this.sql = Jooq.on(connection);
    this.spec = spec;
    this.findings = findings;
  }

  /** The table, when there is one of which rows could be filled at all. */
  Optional<TableInfo> find() throws SQLException {
    Optional<Relation> relation = new Catalog(sql).find(spec.schema(), spec.table());
    if (relation.isEmpty()) {
      findings.problem(unknown());
      return Optional.empty();
    }
    Optional<String> other = otherThanTable(relation.get());
    other.ifPresent(findings::problem);
    return other.isPresent() ? Optional.empty() : Optional.of(describe(relation.get()));
  }

  private TableInfo describe(Relation relation) throws SQLException {
    return BoundedRead.of(
        connection,
        relation.oid(),
        Identifiers.quote(relation.schema(), relation.name()),
        tx -> new Catalog(Jooq.on(tx)).describe(relation));
  }

  private static Optional<String> otherThanTable(Relation relation) {
    String name = Identifiers.quote(relation.schema(), relation.name());
    if (relation.oid() < FIRST_USER_OID) {
      return Optional.of(name + " belongs to the system. Name a table of your own.");
    }
    return switch (relation.kind()) {
      case 'r', 'p' -> Optional.empty();
      case 'v' -> Optional.of(name + " is a view. Name the table behind it.");
      case 'm' -> Optional.of(name + " is a materialized view. Change its query instead.");
      case 'f' ->
          Optional.of(
              name + " is a foreign table. Run the backfill on the server that holds its rows.");
      default -> Optional.of(name + " is no table. Name one.");
    };
  }

  void check(TableInfo table) {
    if (table.inheritanceParent()) {
      findings.problem(
          table.sql()
              + " is an inheritance parent, whose key may repeat among its children. Add the column"
              + " there, and run a backfill for each child by itself.");
    }
    List<String> foreign =
        table.leaves().stream().filter(l -> l.kind() == 'f').map(TableInfo.Leaf::sql).toList();
    if (!foreign.isEmpty()) {
      findings.problem(
          "Partition "
              + String.join(", ", foreign)
              + " is a foreign table, whose rows cannot be filled from here. Detach it first.");
    }
    if (!table.publications().isEmpty() && !spec.options().publishedTableAcknowledged()) {
      findings.problem(
          table.sql()
              + " is in publication "
              + Identifiers.quoteAll(table.publications())
              + ": a subscriber whose table lacks the column stops applying. Add the column there first,"
              + " nullable, and NOT NULL there last; then say so with publishedTableAcknowledged().");
    }
    flags(table);
  }

  private void flags(TableInfo table) {
    Record r =
        sql.fetchSingle(
            """
            select c.relispartition, c.relpersistence = 't', c.reloftype <> 0,
                   exists (select from pg_catalog.pg_rewrite w
                           where w.ev_class = any (cast(? as bigint[])::oid[])
                             and w.ev_type = '2' and w.ev_enabled <> 'D')
            from pg_catalog.pg_class c where c.oid = cast(? as bigint)::oid
            """,
            table.tables().stream().map(TableInfo.Leaf::oid).toArray(Long[]::new),
            table.oid());
    boolean toBeAdded = table.column(spec.column()).isEmpty();
    if (r.get(0, Boolean.class) && toBeAdded) {
      findings.problem(
          table.sql() + " is a partition, which has the columns of its parent. Name the parent.");
    }
    if (r.get(1, Boolean.class)) {
      findings.problem(
          table.sql() + " is a temporary table, which no other connection sees. Use plain SQL.");
    }
    if (r.get(2, Boolean.class) && toBeAdded) {
      findings.problem(
          table.sql()
              + " is a table OF a type. Add the attribute with ALTER TYPE ... CASCADE first.");
    }
    if (r.get(3, Boolean.class)) {
      findings.problem(
          table.sql()
              + " has a rule ON UPDATE, which would rewrite the updates of the backfill. Drop or disable"
              + " it.");
    }
  }

  private String unknown() {
    List<String> similar =
        sql.fetch(
                """
                select quote_ident(n.nspname) || '.' || quote_ident(c.relname)
                from pg_catalog.pg_class c
                join pg_catalog.pg_namespace n on n.oid = c.relnamespace
                where lower(c.relname) = lower(cast(? as text)) and c.relkind in ('r', 'p')
                order by 1 limit 5
                """,
                spec.table())
            .map(r -> r.get(0, String.class));
    return "There is no table "
        + spec.schema().map(s -> Identifiers.quote(s) + ".").orElse("")
        + Identifiers.quote(spec.table())
        + (spec.schema().isEmpty() ? " on the search path. " : ". ")
        + (similar.isEmpty()
            ? "Names are taken as they stand in the catalog, upper and lower case told apart."
            : "Did you mean " + String.join(" or ", similar) + "?");
  }
}
