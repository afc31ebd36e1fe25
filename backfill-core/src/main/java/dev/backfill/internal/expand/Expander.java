package dev.backfill.internal.expand;

import dev.backfill.internal.postgres.BoundedRead;
import dev.backfill.internal.postgres.Catalog;
import dev.backfill.internal.postgres.Ddl;
import dev.backfill.internal.postgres.DdlGuard;
import dev.backfill.internal.postgres.Identifiers;
import dev.backfill.internal.postgres.Jooq;
import dev.backfill.internal.postgres.LockMode;
import dev.backfill.internal.postgres.TableInfo;
import dev.backfill.internal.postgres.TableInfo.ColumnInfo;
import dev.backfill.internal.postgres.Target;
import dev.backfill.internal.postgres.ValueText;
import dev.backfill.model.ColumnValue;
import dev.backfill.model.Contract;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Creates the column and the cover of new rows in one transaction, so that no row is inserted
 * between the two. Asks the catalogs first what is there, and does only the rest.
 */
public final class Expander {
  private final DdlGuard guard;
  private final String stateSchema;

  public Expander(DdlGuard guard, String stateSchema) {
    this.guard = guard;
    this.stateSchema = stateSchema;
  }

  /**
   * @param beforeCommit runs in the transaction that adds the column, or in none when nothing is
   *     left
   */
  public void expand(Connection connection, Prepared prepared, DdlGuard.BeforeCommit beforeCommit)
      throws SQLException, InterruptedException {
    for (Ddl ddl : statements(connection, prepared, stateSchema)) {
      guard.run(connection, ddl, beforeCommit);
    }
  }

  /** What is left to run; at most one transaction. Reads only. */
  public static List<Ddl> statements(Connection connection, Prepared prepared, String stateSchema)
      throws SQLException {
    Target target = prepared.target();
    Catalog.Relation relation =
        new Catalog.Relation(
            target.table().oid(),
            target.table().schema(),
            target.table().name(),
            target.table().kind());
    // Read again: since the preflight another node may have done it, or a partition was attached.
    TableInfo table =
        BoundedRead.of(
            connection,
            relation.oid(),
            target.table().sql(),
            tx -> new Catalog(Jooq.on(tx)).describe(relation));
    Optional<ColumnInfo> column = table.column(target.spec().column());
    List<String> statements = new ArrayList<>();
    if (column.isEmpty()) {
      statements.add(addColumn(prepared));
    } else if (prepared.cover() instanceof Cover.ByDefault byDefault
        && column.get().defaultExpression().isEmpty()) {
      statements.add(alterColumn(target, "set " + defaultClause(byDefault)));
    }
    if (prepared.cover() instanceof Cover.ByTrigger byTrigger) {
      statements.addAll(new CoverTrigger(target, byTrigger, stateSchema).create(connection, table));
    }
    String purpose =
        (column.isEmpty() ? "add column " : "cover new rows of column ") + target.column();
    return statements.isEmpty() ? List.of() : List.of(ddl(table, purpose, statements));
  }

  private static String addColumn(Prepared prepared) {
    Target target = prepared.target();
    String column =
        "alter table %s add column %s %s"
            .formatted(target.table().sql(), target.column(), target.columnType());
    if (prepared.instant()) {
      String constant = ValueText.of(((ColumnValue.Constant) target.spec().value()).value());
      boolean notNull = target.spec().options().contract() == Contract.SET_NOT_NULL;
      // Metadata only since PostgreSQL 11: the default of existing rows is kept in the catalog.
      return column + " default " + Identifiers.literal(constant) + (notNull ? " not null" : "");
    }
    // A default set apart from the column, in the same statement, leaves existing rows NULL and
    // rewrites nothing, volatile expressions included.
    return prepared.cover() instanceof Cover.ByDefault byDefault
        ? column + ", alter column " + target.column() + " set " + defaultClause(byDefault)
        : column;
  }

  private static String defaultClause(Cover.ByDefault cover) {
    return "default (" + cover.defaultSql() + "\n)";
  }

  private static String alterColumn(Target target, String action) {
    return "alter table %s alter column %s %s"
        .formatted(target.table().sql(), target.column(), action);
  }

  /** What takes the cover away again, when nobody needs it any more. */
  public List<Ddl> dropCover(Prepared prepared) {
    Target target = prepared.target();
    if (prepared.cover() instanceof Cover.ByTrigger byTrigger) {
      return List.of(
          ddl(
              target.table(),
              "drop the triggers that cover new rows of column " + target.column(),
              new CoverTrigger(target, byTrigger, stateSchema).drop()));
    }
    if (prepared.cover() instanceof Cover.ByDefault) {
      return List.of(
          ddl(
              target.table(),
              "drop the default of column " + target.column(),
              List.of(alterColumn(target, "drop default"))));
    }
    return List.of();
  }

  private static Ddl ddl(TableInfo table, String purpose, List<String> statements) {
    List<Long> relations = table.tables().stream().map(TableInfo.Leaf::oid).toList();
    return new Ddl(purpose, statements, LockMode.ACCESS_EXCLUSIVE, relations, false);
  }
}
