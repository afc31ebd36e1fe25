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

  /** Is told, in the transaction of the statements, what they created: what is not ours stays. */
  @FunctionalInterface
  public interface Created {
    void record(Connection tx, boolean column, boolean columnDefault) throws SQLException;
  }

  /**
   * @param created runs last in the transaction that adds the column, or in none when nothing is
   *     left
   */
  public void expand(Connection connection, Prepared prepared, Created created)
      throws SQLException, InterruptedException {
    Optional<Step> left = left(connection, prepared, stateSchema);
    if (left.isPresent()) {
      Step step = left.get();
      guard.run(
          connection, step.ddl(), tx -> created.record(tx, step.column(), step.columnDefault()));
    }
  }

  /** What is left to run; at most one transaction. Reads only. */
  public static List<Ddl> statements(Connection connection, Prepared prepared, String stateSchema)
      throws SQLException {
    return left(connection, prepared, stateSchema).stream().map(Step::ddl).toList();
  }

  /**
   * @param column whether it adds the column
   * @param columnDefault whether it sets the default
   */
  private record Step(Ddl ddl, boolean column, boolean columnDefault) {}

  private static Optional<Step> left(Connection connection, Prepared prepared, String stateSchema)
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
    boolean columnDefault = prepared.instant();
    if (prepared.cover() instanceof Cover.ByDefault byDefault
        && column.flatMap(ColumnInfo::defaultExpression).isEmpty()) {
      columnDefault = true;
      column.ifPresent(c -> statements.add(alterColumn(target, "set " + defaultClause(byDefault))));
    }
    if (column.isEmpty()) {
      statements.add(addColumn(prepared));
    }
    if (prepared.cover() instanceof Cover.ByTrigger byTrigger) {
      statements.addAll(new CoverTrigger(target, byTrigger, stateSchema).create(connection, table));
    }
    String purpose =
        (column.isEmpty() ? "add column " : "cover new rows of column ") + target.column();
    return statements.isEmpty()
        ? Optional.empty()
        : Optional.of(new Step(ddl(table, purpose, statements), column.isEmpty(), columnDefault));
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

  /**
   * What takes the cover away again, when nobody needs it any more.
   *
   * @param ours the pg_attrdef row of the default that the run set; another one is the user's, be
   *     it the same expression
   */
  public List<Ddl> dropCover(Connection connection, Prepared prepared, Optional<Long> ours) {
    Target target = prepared.target();
    if (prepared.cover() instanceof Cover.ByTrigger byTrigger) {
      return List.of(
          ddl(
              target.table(),
              "drop the triggers that cover new rows of column " + target.column(),
              new CoverTrigger(target, byTrigger, stateSchema).drop()));
    }
    if (ours.isPresent()
        && ours.equals(
            new Catalog(Jooq.on(connection))
                .defaultOid(target.table().oid(), target.spec().column()))) {
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
