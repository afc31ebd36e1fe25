package dev.backfill.internal.expand;

import dev.backfill.internal.postgres.Identifiers;
import dev.backfill.internal.postgres.Jooq;
import dev.backfill.internal.postgres.Strangers;
import dev.backfill.internal.postgres.TableInfo;
import dev.backfill.internal.postgres.TableInfo.Leaf;
import java.sql.Connection;
import org.jooq.DSLContext;
import org.jooq.Record;

/** The rights that a run needs, each with the statement that gives it. */
final class RightsChecks {
  private final Connection connection;
  private final DSLContext sql;
  private final Findings findings;
  private final String role;

  RightsChecks(Connection connection, Findings findings) {
    this.connection = connection;
    this.sql = Jooq.on(connection);
    this.findings = findings;
    this.role = sql.fetchSingle("select quote_ident(current_user)").get(0, String.class);
  }

  /** Whether the rows may be read, without which no value can be tried. */
  boolean check(TableInfo table, String stateSchema) {
    String schema = Identifiers.quote(table.schema());
    if (!sql.fetchSingle("select has_schema_privilege(cast(? as text), 'usage')", table.schema())
        .get(0, Boolean.class)) {
      findings.missingRight(
          "to reach the table", "GRANT USAGE ON SCHEMA " + schema + " TO " + role);
    }
    boolean readable = true;
    for (Leaf each : table.tables()) {
      readable &= table(each);
    }
    stateSchema(stateSchema);
    strangers(stateSchema, table.oid());
    openSchemas();
    return readable;
  }

  private boolean table(Leaf table) {
    Record r =
        sql.fetchSingle(
            """
            select pg_has_role(current_user, c.relowner, 'usage'), quote_ident(o.rolname),
                   has_table_privilege(c.oid, 'select'), has_table_privilege(c.oid, 'update'),
                   row_security_active(c.oid), c.relforcerowsecurity
            from pg_catalog.pg_class c join pg_catalog.pg_roles o on o.oid = c.relowner
            where c.oid = cast(? as bigint)::oid
            """,
            table.oid());
    boolean owner = r.get(0, Boolean.class);
    if (!owner) {
      findings.missingRight(
          "only the owner of a table may change it",
          "GRANT " + r.get(1, String.class) + " TO " + role);
    }
    boolean readable = r.get(2, Boolean.class);
    if (!readable || !r.get(3, Boolean.class)) {
      findings.missingRight(
          "to read and fill the rows", "GRANT SELECT, UPDATE ON " + table.sql() + " TO " + role);
    }
    boolean rowSecurity = r.get(4, Boolean.class);
    if (rowSecurity) {
      rowSecurity(table, owner && r.get(5, Boolean.class));
    }
    return readable && !rowSecurity;
  }

  private void rowSecurity(Leaf table, boolean forced) {
    findings.problem(
        "Row security of "
            + table.sql()
            + " applies to role "
            + role
            + ": it would hide rows from the backfill and from the proof that none is left. "
            + (forced
                ? "ALTER TABLE " + table.sql() + " NO FORCE ROW LEVEL SECURITY, or "
                : "Run as the owner of the table, or ")
            + "ALTER ROLE "
            + role
            + " BYPASSRLS.");
  }

  private void strangers(String stateSchema, long table) {
    for (Strangers.Owned found : Strangers.inSchema(connection, stateSchema, table)) {
      findings.problem(
          found.what()
              + " belongs to role "
              + found.owner()
              + ", who could change through it what a run does, with the rights of "
              + role
              + ". ALTER "
              + found.what().replace("relation", "table")
              + " OWNER TO "
              + role
              + " once you know what is in it, or keep the state in another schema: stateSchema(...).");
    }
    for (Strangers.Owned found : Strangers.onSearchPath(connection, table)) {
      findings.problem(
          found.what()
              + " of role "
              + found.owner()
              + " may be called in place of PostgreSQL's own, with the rights of "
              + role
              + ". DROP "
              + found.what()
              + ", or take its schema off the search path of "
              + role
              + ".");
    }
  }

  /** Where a function may appear that {@link Strangers} did not find at the start. */
  private void openSchemas() {
    sql.fetch(
            """
            select pg_catalog.quote_ident(s::text)
            from pg_catalog.unnest(pg_catalog.current_schemas(false)) as s
            where s <> 'pg_catalog'::name
              and pg_catalog.has_schema_privilege('public'::name, s::text, 'create'::text)
            """)
        .forEach(
            r ->
                findings.warning(
                    "Every role may create functions in schema "
                        + r.get(0, String.class)
                        + ", which is on the search path of "
                        + role
                        + ", and one may be called in place of PostgreSQL's own. REVOKE CREATE ON SCHEMA "
                        + r.get(0, String.class)
                        + " FROM PUBLIC."));
  }

  private void stateSchema(String schema) {
    Record r =
        sql.fetchSingle(
            """
            select n.oid is not null,
                   has_schema_privilege(n.oid, 'usage') and has_schema_privilege(n.oid, 'create'),
                   has_database_privilege(current_database(), 'create'),
                   quote_ident(current_database()),
                   exists (select from pg_catalog.pg_class c
                           where c.relnamespace = n.oid and c.relkind = 'r'
                             and not (has_table_privilege(c.oid, 'select')
                                      and has_table_privilege(c.oid, 'insert')
                                      and has_table_privilege(c.oid, 'update')
                                      and has_table_privilege(c.oid, 'delete')))
            from (select) one
            left join pg_catalog.pg_namespace n on n.nspname = cast(? as text)
            """,
            schema);
    String quoted = Identifiers.quote(schema);
    if (!r.get(0, Boolean.class)) {
      if (!r.get(2, Boolean.class)) {
        findings.missingRight(
            "to create schema " + quoted + " for the state of runs",
            "GRANT CREATE ON DATABASE " + r.get(3, String.class) + " TO " + role);
      }
      return;
    }
    if (!r.get(1, Boolean.class)) {
      findings.missingRight(
          "to keep the state of runs", "GRANT USAGE, CREATE ON SCHEMA " + quoted + " TO " + role);
    }
    if (r.get(4, Boolean.class)) {
      findings.missingRight(
          "to keep the state of runs",
          "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA " + quoted + " TO " + role);
    }
  }
}
