package dev.backfill.internal.expand;

import dev.backfill.internal.postgres.Jooq;
import dev.backfill.internal.postgres.SqlStates;
import dev.backfill.internal.postgres.TableInfo.ColumnInfo;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Optional;
import org.jooq.Record;
import org.jooq.exception.DataAccessException;
import org.jspecify.annotations.Nullable;

/** Resolves the type that the user wrote to the one that the catalogs would show. */
final class TypeProbe {
  private static final String OUTPUT = "Output: NULL::";

  private final Connection connection;

  TypeProbe(Connection connection) {
    this.connection = connection;
  }

  /** The type as format_type prints it, with its modifier; empty when a problem was found. */
  Optional<String> canonical(String type, Findings findings) throws SQLException {
    // Only what to_regtype takes for a type is spliced into SQL.
    if (!isType(type)) {
      findings.problem(
          "Type \"" + type + "\" does not exist here. Write it as in ALTER TABLE ... ADD COLUMN.");
      return Optional.empty();
    }
    constrainedDomain(type).ifPresent(findings::problem);
    try {
      return new Probe(connection)
          .select("explain (verbose, costs off) select null::" + type).rows().stream()
              .map(row -> row.get(0).strip())
              .filter(line -> line.startsWith(OUTPUT))
              .map(line -> line.substring(OUTPUT.length()))
              .findFirst();
    } catch (SQLException e) {
      findings.problem("Type \"" + type + "\" cannot be used: " + e.getMessage() + ".");
      return Optional.empty();
    }
  }

  private boolean isType(String type) {
    try {
      return Jooq.on(connection)
          .fetchSingle("select to_regtype(cast(? as text)) is not null", type)
          .get(0, Boolean.class);
    } catch (DataAccessException e) {
      // Up to PostgreSQL 15 text that is no type name at all is a syntax error, not NULL.
      if (String.valueOf(SqlStates.state(e)).startsWith("42")
          || String.valueOf(SqlStates.state(e)).startsWith("22")) {
        return false;
      }
      throw e;
    }
  }

  private Optional<String> constrainedDomain(String type) {
    @Nullable Record found =
        Jooq.on(connection)
            .fetchOne(
                """
                with recursive domains as (
                  select t.* from pg_catalog.pg_type t where t.oid = to_regtype(cast(? as text))
                  union all
                  select t.* from pg_catalog.pg_type t join domains d on t.oid = d.typbasetype
                  where d.typtype = 'd')
                select bool_or(d.typtype = 'd' and (d.typnotnull or d.typdefault is not null
                         or exists (select from pg_catalog.pg_constraint c where c.contypid = d.oid)))
                from domains d
                """,
                type);
    return found != null && Boolean.TRUE.equals(found.get(0, Boolean.class))
        ? Optional.of(
            "Type \""
                + type
                + "\" is a domain with a constraint, NOT NULL or a default: adding such a column rewrites"
                + " the table or fills every row under the strong lock. Add the column with the base type,"
                + " and the rule as a CHECK constraint NOT VALID with VALIDATE afterwards.")
        : Optional.empty();
  }

  static void requireSame(ColumnInfo existing, String canonical, Findings findings) {
    if (!existing.type().equals(canonical)) {
      findings.problem(
          "Column \""
              + existing.name()
              + "\" exists with type "
              + existing.type()
              + ", the definition says "
              + canonical
              + ". Use the column's type, or another column.");
    }
  }
}
