package dev.backfill.internal.rehearsal;

import dev.backfill.internal.postgres.Identifiers;
import dev.backfill.internal.postgres.Jooq;
import dev.backfill.model.RunFailedException;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import org.jooq.Record;

/** What the database asks of who creates the schema of a rehearsal. */
final class SchemaCreation {
  private static final int MOST_BYTES = 63;

  private SchemaCreation() {}

  /**
   * Reads only.
   *
   * @throws RunFailedException when PostgreSQL would shorten the name, or refuse the role
   */
  static void require(Connection connection, String name) {
    if (name.getBytes(StandardCharsets.UTF_8).length > MOST_BYTES) {
      throw new RunFailedException(
          "A rehearsal needs the schema "
              + Identifiers.quote(name)
              + ", a name that PostgreSQL would shorten. Nothing was changed. Choose a shorter"
              + " stateSchema(...).");
    }
    Record right =
        Jooq.on(connection)
            .fetchSingle(
                "select pg_catalog.has_database_privilege(current_database(), 'create'),"
                    + " pg_catalog.quote_ident(current_database()),"
                    + " pg_catalog.quote_ident(current_user)");
    if (!right.get(0, Boolean.class)) {
      throw new RunFailedException(
          "A rehearsal creates schema "
              + Identifiers.quote(name)
              + " for its copy and drops it again, and role "
              + right.get(2, String.class)
              + " may create no schema in database "
              + right.get(1, String.class)
              + ". Nothing was changed. GRANT CREATE ON DATABASE "
              + right.get(1, String.class)
              + " TO "
              + right.get(2, String.class)
              + ", or rehearse as a role that has it.");
    }
  }
}
