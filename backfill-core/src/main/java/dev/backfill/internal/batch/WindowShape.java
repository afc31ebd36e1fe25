package dev.backfill.internal.batch;

import dev.backfill.event.BackfillEvent;
import dev.backfill.internal.checkpoint.WindowKind;
import dev.backfill.internal.checkpoint.WindowRow;
import dev.backfill.internal.postgres.OldestSnapshot;
import dev.backfill.internal.postgres.TableInfo.Leaf;
import dev.backfill.internal.postgres.Target;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;

/**
 * How many rows the next window has and in how many passes it is filled. Shared by the workers of a
 * run.
 *
 * <p>A row that was updated is free space only once no snapshot can see its old version. So a pass
 * should last longer than the oldest snapshot is old: stripes x 2 x that age is the time for a
 * window, and its rows follow from the rate of the windows before. HOT updates are measured: when
 * they are under half of what was expected the window is doubled, and at the largest window
 * striping is given up.
 */
final class WindowShape {
  static final long MIN_ROWS = 50_000;
  static final long START_ROWS = 200_000;
  static final long MAX_ROWS = 1_000_000;
  private static final double POOR = 0.5;
  private static final long MIN_SAMPLE = 1_000;

  private final Target target;
  private final BatchContext context;
  private final Map<Long, StripeChoice> choices = new HashMap<>();
  private long leastRows = START_ROWS;
  private long ceiling = MAX_ROWS;
  private boolean givenUp;
  private double rowsPerSecond;

  WindowShape(BatchContext context) {
    this.context = context;
    this.target = context.target();
  }

  /** The stripes of the leaf's next window. */
  synchronized int stripes(Connection connection, Leaf leaf, WindowKind kind) {
    return givenUp ? 1 : choice(connection, leaf, kind).stripes();
  }

  private StripeChoice choice(Connection connection, Leaf leaf, WindowKind kind) {
    return choices.computeIfAbsent(
        leaf.oid(), oid -> StripeChoice.of(connection, target, leaf, kind));
  }

  /**
   * The rows of the leaf's next window.
   *
   * @param mostRows what its kind of window allows
   */
  synchronized long rows(Duration oldestSnapshot, int stripes, long mostRows) {
    ceiling = Math.min(MAX_ROWS, mostRows);
    double seconds = 2.0 * stripes * oldestSnapshot.toMillis() / 1000;
    long wanted = Math.max(leastRows, (long) (rowsPerSecond * seconds));
    // Longer than half a checkpoint's distance, and each page is logged whole twice for its window.
    long untilCheckpoint =
        (long) (rowsPerSecond * target.server().checkpointTimeout().toSeconds() / 2);
    long most = rowsPerSecond > 0 ? Math.min(ceiling, untilCheckpoint) : ceiling;
    return Math.min(ceiling, Math.max(MIN_ROWS, Math.min(wanted, most)));
  }

  /** Learns from a window that was filled from its start to its end. */
  synchronized void filled(
      Connection connection, Leaf leaf, WindowRow window, long keys, Duration took)
      throws SQLException {
    rowsPerSecond = keys / Math.max(0.001, took.toNanos() / 1e9);
    if (window.rows() < MIN_SAMPLE || window.stripes() == 1) {
      return;
    }
    double share = (double) window.hotRows() / window.rows();
    if (share < choice(connection, leaf, window.kind()).hotShare() * POOR) {
      react(connection, window, share);
    }
  }

  private void react(Connection connection, WindowRow window, double share) throws SQLException {
    // First, since it may fail and all be done again.
    String holder = OldestSnapshot.holder(connection);
    String reaction;
    if (leastRows < ceiling) {
      leastRows = Math.min(ceiling, leastRows * 2);
      reaction = "the next windows have " + leastRows + " rows";
    } else if (target.spec().options().stripes().isAuto()) {
      givenUp = true;
      reaction = "stripes are switched off";
    } else {
      return;
    }
    context
        .events()
        .accept(
            new BackfillEvent.HotShareLow(
                context.run(), window.number(), share, reaction + "; oldest snapshot: " + holder));
  }
}
