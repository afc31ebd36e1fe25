package dev.backfill.internal.batch;

import dev.backfill.internal.checkpoint.WindowStore;
import dev.backfill.internal.postgres.Target;
import dev.backfill.internal.postgres.Tx;
import dev.backfill.model.ColumnValue;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Locale;

/**
 * The settings of a batch's transaction, all by set_config(..., true), so that none outlives it.
 *
 * <p>Lock wait and work together stay below deadlock_timeout, after which PostgreSQL looks for
 * deadlocks and ends whoever looked: the batch has given way by then, and the application never is
 * the victim.
 */
final class BatchLimits {
  private BatchLimits() {}

  /** One SELECT that applies the settings and reads the counters before the batch. */
  static String sql(Target target, long leafOid, int rows, Rows.By by) {
    return "select set_config('lock_timeout', '"
        + lockTimeout(target).toMillis()
        + "', true), set_config('statement_timeout', '"
        + statementTimeout(target, rows).toMillis()
        + "', true), set_config('idle_in_transaction_session_timeout', '"
        + target.spec().options().timeouts().idleInTransaction().toMillis()
        // Values and checkpoint are in one transaction: a crash loses both or neither.
        + "', true), set_config('synchronous_commit', 'off', true)"
        // Policies would hide rows from the update; off fails loudly where it is not allowed.
        + ", set_config('row_security', 'off', true)"
        + ", "
        + planning(target, by)
        + WindowStore.rememberCounters(leafOid)
        + ", pg_stat_get_xact_tuples_hot_updated("
        + leafOid
        + "::oid), (pg_current_wal_insert_lsn() - '0/0'::pg_lsn)::bigint";
  }

  /**
   * The columns that say how to plan a batch. Its keys or places are always the right access path,
   * whatever the statistics say of a fresh table; the penalty that disables the other path must not
   * look like a query worth compiling.
   *
   * <p>For a range a bitmap is taken, which visits each page once where an index scan does so for
   * each row; measured 10 to 20 % cheaper, where a pass reads every row of its range. A list of
   * keys is looked up by an index scan.
   */
  static String planning(Target target, Rows.By by) {
    return "set_config('enable_seqscan', 'off', true), set_config('enable_tidscan', 'on', true)"
        + ", set_config('jit', 'off', true)"
        + ", set_config('plan_cache_mode', 'force_custom_plan', true)"
        + (by != Rows.By.KEY_LIST && onlyOurs(target)
            ? ", set_config('enable_indexscan', 'off', true)"
            : "");
  }

  /** Whether no plan but the batch's own feels the planner settings: no subquery, no trigger. */
  private static boolean onlyOurs(Target target) {
    return !hasSubqueries(target) && target.table().triggers().isEmpty();
  }

  /** Whether the user's SQL may ask for rows of other tables. */
  static boolean hasSubqueries(Target target) {
    String sql =
        (target.spec().value() instanceof ColumnValue.Expression e ? e.sql() : "")
            + target.spec().where().orElse("");
    return sql.toLowerCase(Locale.ROOT).contains("select");
  }

  /**
   * Reads rows outside of a batch, in a transaction of its own: who waits for a table without an
   * end holds a snapshot, and says nothing of it.
   *
   * @param connection in no transaction
   */
  static <T> T read(Connection connection, Target target, Tx.Work<T> work) throws SQLException {
    return Tx.required(
        connection,
        tx -> {
          try (Statement statement = tx.createStatement()) {
            statement.execute("select " + reading(target));
          }
          return work.in(tx);
        });
  }

  /** The columns that bound a read; policies would hide rows from it. */
  static String reading(Target target) {
    return "set_config('lock_timeout', '%d', true), set_config('statement_timeout', '%d', true), set_config('row_security', 'off', true)"
        .formatted(
            lockTimeout(target).toMillis(), statementTimeout(target, Sizer.FLOOR).toMillis());
  }

  static Duration lockTimeout(Target target) {
    Duration half = target.server().deadlockTimeout().dividedBy(2);
    return atLeastOne(min(target.spec().options().timeouts().batchLock(), half));
  }

  static Duration statementTimeout(Target target, int rows) {
    Duration asked = target.spec().options().timeouts().batchStatement();
    // A handful of rows cannot be made smaller: they get the time that was asked for.
    return rows <= Sizer.FLOOR
        ? asked
        : atLeastOne(min(asked, target.server().deadlockTimeout().multipliedBy(9).dividedBy(10)));
  }

  private static Duration min(Duration a, Duration b) {
    return a.compareTo(b) <= 0 ? a : b;
  }

  private static Duration atLeastOne(Duration d) {
    return d.toMillis() < 1 ? Duration.ofMillis(1) : d;
  }
}
