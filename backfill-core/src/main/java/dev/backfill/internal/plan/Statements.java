package dev.backfill.internal.plan;

import dev.backfill.internal.batch.BatchPreview;
import dev.backfill.internal.contract.Contractor;
import dev.backfill.internal.expand.Expander;
import dev.backfill.internal.expand.Prepared;
import dev.backfill.internal.postgres.Ddl;
import dev.backfill.internal.postgres.LockMode;
import dev.backfill.internal.postgres.TableInfo.Leaf;
import dev.backfill.internal.postgres.TableVacuum;
import dev.backfill.model.Contract;
import dev.backfill.model.Options;
import dev.backfill.model.Phase;
import dev.backfill.model.PlannedStatement;
import dev.backfill.model.Timeouts;
import dev.backfill.model.Vacuum;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Every statement of a run in order, with its lock, whom it blocks, and for how long at most. */
final class Statements {
  private Statements() {}

  static List<PlannedStatement> of(
      Connection connection, Prepared prepared, BatchPreview batch, Leaf largest)
      throws SQLException {
    Options options = prepared.target().spec().options();
    List<PlannedStatement> planned = new ArrayList<>();
    for (Ddl ddl : Expander.statements(connection, prepared, options.stateSchema())) {
      ddl.statements().forEach(sql -> planned.add(statement(Phase.EXPAND, sql, ddl, options)));
    }
    if (!prepared.instant()) {
      planned.add(batch(batch.statement(), options.timeouts()));
      if (options.vacuum() instanceof Vacuum.Run vacuum) {
        planned.add(vacuum(largest, vacuum));
      }
    }
    boolean notNullAtOnce = prepared.instant() && options.contract() == Contract.SET_NOT_NULL;
    if (options.contract() != Contract.NONE && !notNullAtOnce) {
      for (Ddl ddl : Contractor.statements(connection, prepared.target())) {
        ddl.statements().forEach(sql -> planned.add(statement(Phase.CONTRACT, sql, ddl, options)));
      }
    }
    return planned;
  }

  private static PlannedStatement statement(Phase phase, String sql, Ddl ddl, Options options) {
    String atMost =
        ddl.scans()
            ? "reads the table, for as long as that takes"
            : "others wait at most "
                + options.timeouts().ddlLock().toMillis()
                + " ms each time it is tried; given up after "
                + options.timeouts().ddlDeadline().toMinutes()
                + " min";
    return new PlannedStatement(phase, sql, ddl.lock().sql(), ddl.lock().blocks(), atMost);
  }

  private static PlannedStatement vacuum(Leaf leaf, Vacuum.Run vacuum) {
    return new PlannedStatement(
        Phase.BACKFILL,
        TableVacuum.sql(leaf.sql()),
        LockMode.SHARE_UPDATE_EXCLUSIVE.sql(),
        LockMode.SHARE_UPDATE_EXCLUSIVE.blocks(),
        String.format(
            Locale.ROOT,
            "between batches, at about %,d dead rows each time; never waits for a lock",
            (long) (vacuum.share() * leaf.estimatedRows())));
  }

  private static PlannedStatement batch(String sql, Timeouts timeouts) {
    return new PlannedStatement(
        Phase.BACKFILL,
        sql,
        LockMode.ROW_EXCLUSIVE.sql(),
        LockMode.ROW_EXCLUSIVE.blocks(),
        "for the time of a batch, never longer than "
            + timeouts.batchStatement().toMillis()
            + " ms, and less than deadlock_timeout");
  }
}
