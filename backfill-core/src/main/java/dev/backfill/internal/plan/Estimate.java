package dev.backfill.internal.plan;

import dev.backfill.internal.batch.StripeChoice;
import dev.backfill.internal.postgres.Jooq;
import dev.backfill.internal.postgres.TableInfo;
import dev.backfill.internal.postgres.TableInfo.Leaf;
import dev.backfill.internal.postgres.Target;
import dev.backfill.model.Options;
import java.sql.Connection;
import java.time.Duration;

/** Roughly what a backfill costs, for orders of magnitude in a plan. */
record Estimate(long walBytes, Duration duration) {
  private static final int PAGE = 8192;
  // Records without full pages, as measured: an update in place; one that moves; each index entry.
  private static final int HOT_BYTES = 160;
  private static final int MOVED_BYTES = 200;
  private static final int INDEX_ENTRY_BYTES = 100;
  // One worker on a small server writes about so much, with three indexes and with eight.
  private static final double WAL_BYTES_PER_SECOND = 30e6;

  static Estimate of(Connection connection, Target target, StripeChoice stripes) {
    TableInfo table = target.table();
    long rows = table.estimatedRows();
    int indexes = table.indexes().size();
    double moved = 1 - stripes.hotShare();
    double records =
        rows
            * (stripes.hotShare() * HOT_BYTES
                + moved * (MOVED_BYTES + indexes * INDEX_ENTRY_BYTES));
    // After a checkpoint the first change of each page logs it whole: every heap page, and every
    // page
    // of the indexes as soon as rows move at all.
    double fullPages =
        (double) table.leaves().stream().mapToLong(Leaf::pages).sum() * PAGE
            + (moved > 0 ? indexBytes(connection, table) : 0);
    long wal = (long) (records + fullPages);
    return new Estimate(wal, duration(wal, rows, target.spec().options()));
  }

  private static long indexBytes(Connection connection, TableInfo table) {
    return Jooq.on(connection)
        .fetchSingle(
            "select coalesce(sum(pg_catalog.pg_indexes_size(oid)), 0)::bigint"
                + " from unnest(cast(? as oid[])) as leaf(oid)",
            (Object) table.leaves().stream().map(Leaf::oid).toArray(Long[]::new))
        .get(0, Long.class);
  }

  private static Duration duration(long wal, long rows, Options options) {
    double seconds = wal / (WAL_BYTES_PER_SECOND * options.workers());
    if (options.maxRowsPerSecond().isPresent()) {
      seconds = Math.max(seconds, (double) rows / options.maxRowsPerSecond().getAsLong());
    }
    return Duration.ofMillis((long) (seconds * 1000));
  }
}
