package dev.backfill.internal.expand;

import dev.backfill.internal.postgres.ColumnType;
import dev.backfill.internal.postgres.Identifiers;
import dev.backfill.internal.postgres.Jooq;
import dev.backfill.internal.postgres.SqlStates;
import dev.backfill.internal.postgres.TableInfo;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jooq.Record;
import org.jooq.exception.DataAccessException;
import org.jspecify.annotations.Nullable;

/** Resolves the type that the user wrote to the one that the catalogs would show. */
final class TypeProbe {
  // A domain, what it stands for, and so on down to the type that is none.
  private static final String DOMAINS =
      """
      with recursive chain as (
        select t.*, 0 as depth from pg_catalog.pg_type t where t.oid = to_regtype(cast(? as text))
        union all
        select t.*, c.depth + 1 from chain c join pg_catalog.pg_type t on t.oid = c.typbasetype
        where c.typtype = 'd')
      select first.oid::bigint, first.typtype::text, first.typisdefined, first.typrelid::bigint,
             (select bool_or(typtype = 'd' and (typnotnull or typdefault is not null
                       or exists (select from pg_catalog.pg_constraint k where k.contypid = chain.oid)))
              from chain),
             last.typname::text, modifier, pg_catalog.format_type(last.oid, modifier)
      from chain first, chain last, (select max(typtypmod) as modifier from chain) m
      where first.depth = 0 and last.depth = (select max(depth) from chain)
      """;
  private static final Pattern LENGTH = Pattern.compile(".*\\((\\d+)\\)");

  private final Connection connection;
  private final Findings findings;

  TypeProbe(Connection connection, Findings findings) {
    this.connection = connection;
    this.findings = findings;
  }

  /** Empty when it is no type that a column of the table may have. */
  Optional<ColumnType> resolve(String type, TableInfo table) throws SQLException {
    @Nullable Record r = find(type);
    if (r == null) {
      return Optional.empty();
    }
    if (r.get(1, String.class).equals("p") || !r.get(2, Boolean.class)) {
      findings.problem("Type " + type + " is a pseudo-type: no column can have it. Name another.");
      return Optional.empty();
    }
    if (r.get(3, Long.class) == table.oid()) {
      findings.problem(
          "Type " + type + " is the row type of the table itself, which cannot be a column of it.");
      return Optional.empty();
    }
    if (r.get(4, Boolean.class)) {
      findings.problem(constrained(type, r.get(7, String.class)));
    }
    try {
      // to_regtype took it for a type and nothing more, so it may stand in a statement.
      String name = new Probe(connection).output("select null::" + type + "\n");
      name = name.substring(name.indexOf("::") + 2);
      String base = r.get(5, String.class);
      int modifier =
          r.get(1, String.class).equals("d") ? r.get(6, Integer.class) : modifier(base, name);
      return Optional.of(new ColumnType(name, r.get(0, Long.class), base, modifier));
    } catch (SQLException e) {
      findings.problem(
          "Type " + type + " cannot be used: " + ServerText.of(e) + ". Name it as in ADD COLUMN.");
      return Optional.empty();
    }
  }

  private @Nullable Record find(String type) {
    try {
      @Nullable Record found = Jooq.on(connection).fetchOne(DOMAINS, type);
      if (found == null) {
        findings.problem(unknown(type, "not found"));
      }
      return found;
    } catch (DataAccessException e) {
      // Text that cannot be a type name is a syntax error, not NULL.
      String state = String.valueOf(SqlStates.state(e));
      if (state.startsWith("42") || state.startsWith("22")) {
        findings.problem(unknown(type, ServerText.of(e)));
        return null;
      }
      throw e;
    }
  }

  private static int modifier(String base, String name) {
    Matcher length = LENGTH.matcher(name);
    if (!length.matches()) {
      return -1;
    }
    // Character types count the four bytes of a length word.
    return Integer.parseInt(length.group(1)) + (base.endsWith("char") ? 4 : 0);
  }

  private static String unknown(String type, String why) {
    String lower = type.strip().toLowerCase(Locale.ROOT);
    return "\""
        + type
        + "\" is no type of this database: "
        + why
        + ". "
        + (lower.endsWith("serial")
            ? "A serial is a column with a sequence: use type bigint and the value nextval('...')."
            : "Name a type as in ALTER TABLE ... ADD COLUMN, without NOT NULL, DEFAULT or COLLATE.");
  }

  private static String constrained(String type, String base) {
    return "Type "
        + Identifiers.quote(type.strip())
        + " is a domain with a constraint, NOT NULL or a default: to add such a column PostgreSQL rewrites"
        + " the table or fills every row under the strong lock. Use "
        + base
        + " instead, with the rule as a CHECK constraint, added NOT VALID and validated later.";
  }
}
