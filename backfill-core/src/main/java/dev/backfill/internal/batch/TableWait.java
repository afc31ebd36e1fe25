package dev.backfill.internal.batch;

import dev.backfill.event.BackfillEvent;
import dev.backfill.internal.postgres.BoundedRead;
import dev.backfill.internal.postgres.LockMode;
import dev.backfill.internal.postgres.SqlStates;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Optional;
import org.jooq.exception.DataAccessException;

/**
 * Waits for a table that somebody holds as a whole, to rewrite it say: that may last for hours, and
 * is no failure of a batch. One object for one wait.
 */
final class TableWait {
  private static final Duration LOOK = Duration.ofMillis(500);
  private static final Duration REPEAT = Duration.ofMinutes(1);

  private final BatchContext context;
  private Optional<Long> toldAt = Optional.empty();

  TableWait(BatchContext context) {
    this.context = context;
  }

  /**
   * Waits a while where the failure is such a lock, and tells who has it.
   *
   * @param connection in no transaction
   * @return false when it was something else, or is over
   */
  boolean waited(Connection connection, long oid, String table, Exception failure)
      throws InterruptedException {
    Optional<String> holders = holders(connection, oid, failure);
    if (holders.isEmpty()) {
      return false;
    }
    long now = context.ticker().nanos();
    if (toldAt.isEmpty() || now - toldAt.get() >= REPEAT.toNanos()) {
      toldAt = Optional.of(now);
      context.events().accept(new BackfillEvent.TableLocked(context.run(), table, holders.get()));
    }
    context.rest(LOOK);
    return true;
  }

  private static Optional<String> holders(Connection connection, long oid, Exception failure) {
    if (!SqlStates.LOCK_NOT_AVAILABLE.equals(SqlStates.state(failure))) {
      return Optional.empty();
    }
    try {
      return BoundedRead.holders(connection, oid, LockMode.ROW_EXCLUSIVE);
    } catch (SQLException | DataAccessException second) {
      failure.addSuppressed(second);
      return Optional.empty();
    }
  }
}
