package dev.backfill.internal.postgres;

import java.time.Duration;
import java.util.Optional;

/**
 * Somebody who holds a lock that conflicts with the one that we want.
 *
 * @param id its virtual transaction: another transaction of the same session is another holder
 * @param session "pid 123 (psql, idle in transaction)" or "prepared transaction 'gid'"
 * @param kind what it is, for how it is got round
 * @param age at most so old is its transaction, or its lock; empty when nothing bounds it
 * @param query what it runs, or ran last; empty when we may not see it
 */
record Holder(String id, String session, Kind kind, Optional<Duration> age, String query) {

  enum Kind {
    SESSION,
    /** Yields to who waits for deadlock_timeout, unless it prevents wraparound unseen by us. */
    AUTOVACUUM,
    /** Prevents wraparound, and yields to nobody. */
    WRAPAROUND_VACUUM,
    PREPARED_TRANSACTION
  }

  boolean isYoungerThan(Duration limit) {
    return age.isPresent() && age.get().compareTo(limit) < 0;
  }

  String describe() {
    String what =
        session
            + age.map(a -> ", open for " + a.toSeconds() + " s")
                .orElse(", open since before we looked");
    return switch (kind) {
      case SESSION -> what + (query.isEmpty() ? "" : ", query: " + query);
      case AUTOVACUUM -> what + " (autovacuum; yields unless it prevents wraparound)";
      case WRAPAROUND_VACUUM -> what + " (autovacuum to prevent wraparound; let it finish)";
      case PREPARED_TRANSACTION -> what + " (end it with COMMIT PREPARED or ROLLBACK PREPARED)";
    };
  }
}
