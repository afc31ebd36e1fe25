package dev.backfill.internal.batch;

import dev.backfill.event.BackfillEvent;
import dev.backfill.internal.checkpoint.WindowRow;
import dev.backfill.internal.postgres.TableInfo.Leaf;
import java.sql.SQLException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Fills one window after the other for one worker. A window is passed once per stripe, and each
 * pass goes through its range in batches:
 *
 * <ol>
 *   <li>The first pass updates every S-th row. The new versions find no room on full pages and go
 *       elsewhere, and every index gets an entry for them.
 *   <li>It leaves dead versions on every page. Once no snapshot can see them, the next read of the
 *       page prunes them, and the later passes update in place, with no index writes.
 * </ol>
 */
final class WindowFiller {
  private final BatchContext context;
  private final Batch batch;
  private final BatchFailures failures;
  private final Sizer firstPass;
  private final Sizer laterPasses;

  WindowFiller(BatchContext context) {
    this.context = context;
    this.batch = new Batch(context.target(), Filler.of(context.target()), context.ticker());
    this.failures = new BatchFailures(context);
    this.firstPass = new Sizer(context.options().batchSize());
    this.laterPasses = new Sizer(context.options().batchSize());
  }

  /** Fills a window from its cursor to its end and returns it done. */
  WindowRow fill(WorkerConnection connection, Leaf leaf, WindowRow claimed, @Nullable Marks whole)
      throws SQLException, InterruptedException {
    LeafSql sql = new LeafSql(context.target(), leaf.sql());
    IdleAssignments idle =
        failures.retried(connection, () -> IdleAssignments.of(connection.get(), leaf.oid()));
    context.pace().windowStarted();
    WindowRow window = claimed;
    Marks all = whole;
    while (!window.done()) {
      // Behind a cursor the marks of the rest serve this pass only; the next starts at the
      // window's.
      boolean resumed = window.cursor().isPresent();
      Marks marks = resumed || all == null ? marks(connection, leaf, window) : all;
      all = resumed ? all : marks;
      BatchEnds ends = marks.ends(sql, window);
      LeafSql writing = sql.assigning(idle.in(window.stripe(), window.stripes()));
      window = pass(connection, leaf, writing, window, ends);
    }
    return window;
  }

  private Marks marks(WorkerConnection connection, Leaf leaf, WindowRow window)
      throws SQLException, InterruptedException {
    return failures.retried(
        connection, () -> Paging.of(context, window.kind()).marks(connection.get(), leaf, window));
  }

  /** Goes on to the end of the pass at work, or to where a lost connection leaves it. */
  private WindowRow pass(
      WorkerConnection connection, Leaf leaf, LeafSql sql, WindowRow start, BatchEnds ends)
      throws SQLException, InterruptedException {
    WindowRow window = start;
    while (window.stripe() == start.stripe() && !window.done()) {
      Step step = new Step(window, ends, sizer(window));
      WindowRow next = step.run(connection, leaf, sql);
      if (step.lostTrack()) {
        return next;
      }
      window = next;
    }
    return window;
  }

  private Sizer sizer(WindowRow window) {
    return window.stripe() == 0 ? firstPass : laterPasses;
  }

  /** One batch, tried until it commits. */
  private final class Step {
    private final WindowRow window;
    private final BatchEnds ends;
    private final Sizer sizer;
    private final boolean first;
    private long maxKeys = Long.MAX_VALUE;
    private boolean lostTrack;

    Step(WindowRow window, BatchEnds ends, Sizer sizer) {
      this.window = window;
      this.ends = ends;
      this.sizer = sizer;
      this.first = window.stripe() == 0;
    }

    /** Whether the checkpoint had to be read back, so that the ends no longer fit. */
    boolean lostTrack() {
      return lostTrack;
    }

    WindowRow run(WorkerConnection connection, Leaf leaf, LeafSql sql)
        throws SQLException, InterruptedException {
      BatchFailures.Attempts attempts = failures.attempts(window);
      while (true) {
        context.awaitTurn();
        int rows = Math.max(1, Math.min(sizer.rows(), context.pace().maxRows(first)));
        long keys = Math.min(maxKeys, (long) rows * window.stripes());
        BatchEnds.@Nullable End end = null;
        try {
          end = ends.find(connection.get(), window.cursor(), keys);
          return commit(connection, leaf, sql, end, rows, keys);
        } catch (SQLException e) {
          switch (attempts.react(e, connection, sizer, keys, end)) {
            case AGAIN -> {}
            case NARROW -> maxKeys = Math.max(1, keys / 2);
            case REREAD -> {
              lostTrack = true;
              return failures.readBack(connection, window);
            }
          }
        }
      }
    }

    private WindowRow commit(
        WorkerConnection connection, Leaf leaf, LeafSql sql, BatchEnds.End end, int rows, long keys)
        throws SQLException, InterruptedException {
      Position next = Position.of(window).after(end.key(), window);
      Batch.Outcome outcome =
          batch.run(
              connection.get(),
              leaf,
              sql,
              sql.rows(window.kind(), from(), end.key(), Stripe.of(window)),
              rows,
              new WindowCheckpoint(context, leaf, window, next));
      context.outages().worked();
      if (!end.key().equals(window.hi())) {
        // The last batch of a pass is shorter than asked for and would teach too low a cost.
        sizer.committed(rows, outcome.serverTime());
      }
      Duration rest = context.pace().completed(outcome.report(first));
      context
          .events()
          .accept(
              new BackfillEvent.BatchCommitted(
                  context.run(),
                  window.number(),
                  window.stripe(),
                  keys / window.stripes(),
                  outcome.rows(),
                  outcome.hotRows(),
                  outcome.walBytes(),
                  outcome.serverTime()));
      context.rest(rest);
      return advance(end, next, outcome);
    }

    private WindowRow advance(BatchEnds.End end, Position next, Batch.Outcome outcome) {
      if (!outcome.complete()) {
        return window.advanced(window.stripe(), window.cursor(), outcome.rows(), outcome.hotRows());
      }
      ends.passed(end, outcome.rows());
      return window.advanced(next.stripe(), next.cursor(), outcome.rows(), outcome.hotRows());
    }

    private java.util.Optional<java.util.List<String>> from() {
      return window.cursor().isPresent() ? window.cursor() : window.lo();
    }
  }
}
