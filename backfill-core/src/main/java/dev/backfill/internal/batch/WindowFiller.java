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
  private @Nullable Lost lost;

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
    vacuum(connection, leaf);
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
    Narrowing narrowing = new Narrowing();
    while (window.stripe() == start.stripe() && !window.done()) {
      Step step = new Step(window, ends, sizer(window), narrowing);
      WindowRow next = step.run(connection, leaf, sql);
      if (step.lostTrack()) {
        return next;
      }
      window = next;
    }
    return window;
  }

  private void vacuum(WorkerConnection connection, Leaf leaf)
      throws SQLException, InterruptedException {
    failures.retried(
        connection,
        () -> {
          context.vacuuming().betweenBatches(connection.get(), leaf);
          return true;
        });
  }

  private Sizer sizer(WindowRow window) {
    return window.stripe() == 0 ? firstPass : laterPasses;
  }

  /**
   * A batch that has lost its session. Its attempts go on as long as it comes no further: the value
   * itself may end the session, and must not do so for ever.
   */
  private record Lost(long window, Position position, BatchFailures.Attempts attempts) {
    boolean isAt(WindowRow row) {
      return row.number() == window && Position.of(row).equals(position);
    }
  }

  /** One batch, tried until it commits. */
  private final class Step {
    private final WindowRow window;
    private final BatchEnds ends;
    private final Sizer sizer;
    private final Narrowing narrowing;
    private final boolean first;
    private boolean lostTrack;

    Step(WindowRow window, BatchEnds ends, Sizer sizer, Narrowing narrowing) {
      this.window = window;
      this.ends = ends;
      this.sizer = sizer;
      this.narrowing = narrowing;
      this.first = window.stripe() == 0;
    }

    /** Whether the checkpoint had to be read back, so that the ends no longer fit. */
    boolean lostTrack() {
      return lostTrack;
    }

    WindowRow run(WorkerConnection connection, Leaf leaf, LeafSql sql)
        throws SQLException, InterruptedException {
      BatchFailures.Attempts attempts =
          lost != null && lost.isAt(window) ? lost.attempts() : failures.attempts(window);
      while (true) {
        if (window.stripes() == 1) {
          // Between passes the room on the pages is the next pass's: rows that move would take it.
          vacuum(connection, leaf);
        }
        context.awaitTurn();
        int rows = Math.max(1, Math.min(sizer.rows(), context.pace().maxRows(first)));
        long keys = Math.min(narrowing.most(), (long) rows * window.stripes());
        BatchEnds.@Nullable End end = null;
        try {
          end = ends.find(connection.get(), window.cursor(), keys);
          return commit(connection, leaf, sql, end, keys, rows);
        } catch (SQLException e) {
          switch (attempts.react(e, connection, sizer, keys, end)) {
            case AGAIN -> {}
            case NARROW -> narrowing.failed(keys);
            case REREAD -> {
              lostTrack = true;
              lost = new Lost(window.number(), Position.of(window), attempts);
              return failures.readBack(connection, window);
            }
          }
        }
      }
    }

    private WindowRow commit(
        WorkerConnection connection, Leaf leaf, LeafSql sql, BatchEnds.End end, long keys, int most)
        throws SQLException, InterruptedException {
      Position next = Position.of(window).after(end.key(), window);
      Rows range = sql.rows().of(window.kind(), from(), end.key(), Stripe.of(window));
      WindowCheckpoint checkpoint = new WindowCheckpoint(context, leaf, window, next);
      int rows = (int) Math.max(1, keys / window.stripes());
      Batch.Outcome outcome;
      try {
        outcome = batch.run(connection.get(), leaf, sql, range, rows, checkpoint);
      } catch (SQLException e) {
        if (keys > 1 || !context.quarantine().bad(e)) {
          throw e;
        }
        outcome = context.quarantine().put(connection.get(), leaf, sql, range, e, checkpoint);
        narrowing.found();
        return advance(end, next, outcome);
      }
      context.vacuuming().moved(leaf, outcome.rows() - outcome.hotRows());
      narrowing.passed(keys);
      context.outages().worked();
      if (!end.key().equals(window.hi()) && rows == most) {
        // A batch that is shorter than asked for would teach too low a cost.
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
