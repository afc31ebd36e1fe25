package dev.backfill.internal.expand;

import dev.backfill.internal.postgres.Identifiers;
import dev.backfill.internal.postgres.Jooq;
import dev.backfill.internal.postgres.TableInfo;
import dev.backfill.internal.postgres.TableInfo.Leaf;
import org.jooq.DSLContext;
import org.jooq.Record;

/** The rights that a run needs, each with the statement that grants it. */
final class RightsChecks {
  private final DSLContext sql;
  private final Findings findings;
  private final String role;

  RightsChecks(java.sql.Connection connection, Findings findings) {
    this.sql = Jooq.on(connection);
    this.findings = findings;
    this.role = sql.fetchSingle("select quote_ident(current_user)").get(0, String.class);
  }

  void check(TableInfo table, String stateSchema) {
    for (Leaf each : table.tables()) {
      table(each);
    }
    stateSchema(stateSchema);
  }

  private void table(Leaf table) {
    Record r =
        sql.fetchSingle(
            """
            select pg_has_role(current_user, c.relowner, 'usage'), quote_ident(o.rolname),
                   has_table_privilege(c.oid, 'select'), has_table_privilege(c.oid, 'update'),
                   row_security_active(c.oid)
            from pg_catalog.pg_class c join pg_catalog.pg_roles o on o.oid = c.relowner
            where c.oid = cast(? as bigint)::oid
            """,
            table.oid());
    if (!r.get(0, Boolean.class)) {
      findings.missingRight(
          "Only a member of the owner of " + table.sql() + " may change it",
          "GRANT " + r.get(1, String.class) + " TO " + role);
    }
    if (!r.get(2, Boolean.class) || !r.get(3, Boolean.class)) {
      findings.missingRight(
          "Rows of " + table.sql() + " must be read and updated",
          "GRANT SELECT, UPDATE ON " + table.sql() + " TO " + role);
    }
    if (r.get(4, Boolean.class)) {
      findings.problem(
          "Row security of "
              + table.sql()
              + " applies to role "
              + role
              + " and would hide rows from the backfill and from its proof alike. Run it as the table's"
              + " owner without FORCE ROW LEVEL SECURITY, or ALTER ROLE "
              + role
              + " BYPASSRLS.");
    }
  }

  private void stateSchema(String schema) {
    String quoted = Identifiers.quote(schema);
    Record r =
        sql.fetchSingle(
            """
            select to_regnamespace(?) is not null,
                   coalesce(has_schema_privilege(to_regnamespace(?), 'usage'), false),
                   coalesce(has_schema_privilege(to_regnamespace(?), 'create'), false),
                   has_database_privilege(current_database(), 'create'),
                   quote_ident(current_database())
            """,
            quoted,
            quoted,
            quoted);
    if (!r.get(0, Boolean.class)) {
      if (!r.get(3, Boolean.class)) {
        findings.missingRight(
            "The state schema " + quoted + " does not exist yet",
            "CREATE SCHEMA "
                + quoted
                + " AUTHORIZATION "
                + role
                + ", or GRANT CREATE ON DATABASE "
                + r.get(4, String.class)
                + " TO "
                + role);
      }
    } else if (!r.get(1, Boolean.class) || !r.get(2, Boolean.class)) {
      findings.missingRight(
          "The state schema " + quoted + " cannot be used",
          "GRANT USAGE, CREATE ON SCHEMA " + quoted + " TO " + role);
    }
  }
}
