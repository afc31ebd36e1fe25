package dev.backfill.internal.engine;

import dev.backfill.internal.batch.QuarantineRetry;
import dev.backfill.internal.checkpoint.QuarantineStore;
import dev.backfill.internal.postgres.Key;
import dev.backfill.internal.postgres.Target;
import dev.backfill.model.NullsRemainException;
import dev.backfill.model.QuarantinedRow;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.stream.Collectors;

/** Refuses NOT NULL while rows are in quarantine that have no value still. */
final class Remaining {
  private static final int EXAMPLES = 3;

  private final QuarantineRetry retry;
  private final QuarantineStore store;
  private final Target target;

  Remaining(QuarantineRetry retry, QuarantineStore store, Target target) {
    this.retry = retry;
    this.store = store;
    this.target = target;
  }

  /**
   * @throws NullsRemainException when there are such rows
   */
  void refuse(Connection connection) throws SQLException, InterruptedException {
    retry.dropResolved(connection);
    long count = store.count(connection, target.runName());
    if (count > 0) {
      throw refusal(count, store.rows(connection, target.runName(), EXAMPLES));
    }
  }

  private NullsRemainException refusal(long count, List<QuarantinedRow> first) {
    String run = target.runName();
    return new NullsRemainException(
        count
            + (count == 1 ? " row of run " : " rows of run ")
            + run
            + (count == 1 ? " is" : " are")
            + " in quarantine and without a value, so NOT NULL was not applied: "
            + first.stream().map(this::described).collect(Collectors.joining("; "))
            + (count > first.size() ? "; ..." : "")
            + ". See them with Backfills.quarantined(\""
            + run
            + "\") or "
            + store.select(run)
            + ". Fill, mend or delete the rows, or mend what rejects them, then start the run again: it"
            + " tries them again first. Or leave the column nullable with contract(none()).");
  }

  private String described(QuarantinedRow row) {
    return "%s with key %s = %s (SQLSTATE %s, %s)"
        .formatted(
            row.table(),
            target.key().columnNames(),
            Key.shown(row.key()),
            row.sqlState(),
            row.message());
  }
}
