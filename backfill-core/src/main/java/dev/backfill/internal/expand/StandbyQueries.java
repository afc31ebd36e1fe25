package dev.backfill.internal.expand;

import dev.backfill.internal.postgres.Jooq;
import java.sql.Connection;

/** What a backfill does to those who read from standbys. */
final class StandbyQueries {
  // Rows of others' walsenders are visible to every role, their columns are not.
  private static final String SENDERS = "select count(*) from pg_catalog.pg_stat_replication";

  private StandbyQueries() {}

  static void check(Connection connection, Findings findings) {
    if (Jooq.on(connection).fetchSingle(SENDERS).get(0, Long.class) > 0) {
      findings.warning(
          "Standbys: the DDL's lock, and the pruning of updated pages while the run goes on, conflict with"
              + " long queries on a hot standby. Its replay waits for them up to"
              + " max_standby_streaming_delay, and this run with it; then they are cancelled."
              + " hot_standby_feedback = on spares them the pruning, and keeps old row versions here for as"
              + " long as they run.");
    }
  }
}
