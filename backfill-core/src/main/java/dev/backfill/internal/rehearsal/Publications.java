package dev.backfill.internal.rehearsal;

import dev.backfill.internal.postgres.Jooq;
import dev.backfill.model.RunFailedException;
import java.sql.Connection;
import java.util.List;

/** Logical replication of the copy, which no subscriber has. */
public final class Publications {
  private Publications() {}

  /**
   * @throws RunFailedException when there is a publication that a new table is in at once: its
   *     subscribers would stop at the first row of the copy
   */
  public static void refuseThoseOfAllTables(Connection connection) {
    List<String> names =
        Jooq.on(connection)
            .fetch(
                "select pubname::text from pg_catalog.pg_publication where puballtables order by 1")
            .map(r -> r.get(0, String.class));
    if (!names.isEmpty()) {
      throw new RunFailedException(
          "A rehearsal copies rows into a table of its own, and publication "
              + String.join(", ", names)
              + " is FOR ALL TABLES: its subscribers would receive rows of a table that they do not"
              + " have, and stop. Nothing was changed. Rehearse on a copy of the database.");
    }
  }
}
