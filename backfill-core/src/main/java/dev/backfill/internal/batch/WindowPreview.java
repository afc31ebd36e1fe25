package dev.backfill.internal.batch;

import dev.backfill.internal.checkpoint.WindowKind;
import dev.backfill.internal.postgres.OldestSnapshot;
import dev.backfill.internal.postgres.TableInfo.Leaf;
import dev.backfill.internal.postgres.Target;
import java.sql.Connection;
import java.time.Duration;
import java.util.Locale;

/** How large the first windows of a run are, and why, for a plan. */
public record WindowPreview(long rows, String reason) {

  public static WindowPreview of(Connection connection, Target target, Leaf leaf, WindowKind kind) {
    Duration snapshot = OldestSnapshot.age(connection);
    String later =
        String.format(
            Locale.ROOT,
            "later by the rate, so that a pass outlasts the oldest snapshot (%d s old now) and a"
                + " window ends within half of checkpoint_timeout",
            snapshot.toSeconds());
    long cached =
        kind == WindowKind.BLOCK
            ? BlockPaging.mostRows(
                leaf, target.server().sharedBuffersBytes(), target.spec().options().workers())
            : WindowShape.MAX_ROWS;
    return cached < WindowShape.START_ROWS
        ? new WindowPreview(
            cached, "no more, so that all workers' windows stay in a quarter of shared_buffers")
        : new WindowPreview(WindowShape.START_ROWS, later);
  }
}
