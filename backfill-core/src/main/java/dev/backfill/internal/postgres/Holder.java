package dev.backfill.internal.postgres;

import java.time.Duration;

/**
 * Somebody who holds, or waits in the queue for, a lock that conflicts with the one that we want.
 *
 * @param session "pid 123 (psql, idle in transaction)" or "prepared transaction 'gid'"
 * @param age since when its transaction is open, by the database's clock
 * @param kind what it is, for how it is got round
 */
record Holder(String session, Kind kind, Duration age, String query) {

  enum Kind {
    SESSION,
    /** Yields to who waits for deadlock_timeout. */
    AUTOVACUUM,
    /** Prevents wraparound, and yields to nobody. */
    WRAPAROUND_VACUUM,
    PREPARED_TRANSACTION
  }

  String describe() {
    String what = session + ", open for " + age.toSeconds() + " s";
    return switch (kind) {
      case SESSION -> what + (query.isEmpty() ? "" : ", query: " + query);
      case AUTOVACUUM -> what + " (autovacuum; yields by itself)";
      case WRAPAROUND_VACUUM -> what + " (autovacuum to prevent wraparound; let it finish)";
      case PREPARED_TRANSACTION -> what + " (end it with COMMIT PREPARED or ROLLBACK PREPARED)";
    };
  }
}
