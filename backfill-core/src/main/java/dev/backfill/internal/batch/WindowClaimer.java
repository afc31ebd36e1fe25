package dev.backfill.internal.batch;

import dev.backfill.event.BackfillEvent;
import dev.backfill.internal.checkpoint.Frontier;
import dev.backfill.internal.checkpoint.LeaseStore;
import dev.backfill.internal.checkpoint.WindowKind;
import dev.backfill.internal.checkpoint.WindowRow;
import dev.backfill.internal.postgres.BoundedRead;
import dev.backfill.internal.postgres.OldestSnapshot;
import dev.backfill.internal.postgres.TableInfo.Leaf;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;

/**
 * Claims the next window for a worker.
 *
 * <ol>
 *   <li>Reads the frontier; opens the next leaf when the one at work has nothing left. A leaf is
 *       claimed up to the greatest key that it had when it was opened, or to its end then, which
 *       was after new rows were covered: so the run ends however fast rows are inserted. One that
 *       was rewritten, so that its rows stand elsewhere, is opened again.
 *   <li>Finds the window's end and where its batches may end, without locks.
 *   <li>Moves the frontier by compare-and-set and writes the window in one short transaction. Who
 *       loses looks again.
 * </ol>
 */
final class WindowClaimer {
  private final BatchContext context;
  private final Leaves leaves;
  private final WindowShape shape;

  WindowClaimer(BatchContext context, Leaves leaves, WindowShape shape) {
    this.context = context;
    this.leaves = leaves;
    this.shape = shape;
  }

  /**
   * A window of this worker.
   *
   * @param rows how many it holds, about
   */
  record Claim(Leaf leaf, WindowRow window, Marks marks, long rows) {}

  /** The next window, or empty when every leaf is claimed to its bound. */
  Optional<Claim> next(Connection connection) throws SQLException, InterruptedException {
    Optional<Frontier> before = Optional.empty();
    while (true) {
      context.control().proceed();
      Frontier frontier = context.windows().frontier(connection, context.run());
      if (before.equals(Optional.of(frontier))) {
        // Nobody moved it, and still we may not: another owner has the run.
        throw LeaseStore.lost(context.lease());
      }
      Optional<Leaf> leaf = atWork(connection, frontier);
      Optional<Claim> claim = Optional.empty();
      boolean opened = false;
      if (leaf.isPresent() && rewritten(frontier, leaf.get())) {
        opened = open(connection, frontier, leaf.get(), WindowKind.BLOCK);
      } else if (leaf.isEmpty() || frontier.leafExhausted()) {
        Optional<Leaf> next = leaves.next(connection, frontier);
        if (next.isEmpty()) {
          return Optional.empty();
        }
        WindowKind kind = OrderChoice.of(connection, context.target(), next.get()).kind();
        opened = open(connection, frontier, next.get(), kind);
      } else {
        claim = claim(connection, frontier, leaf.get());
      }
      if (claim.isPresent()) {
        return claim;
      }
      before = opened ? Optional.empty() : Optional.of(frontier);
    }
  }

  private Optional<Leaf> atWork(Connection connection, Frontier frontier) throws SQLException {
    return frontier.leaf().isEmpty()
        ? Optional.empty()
        : leaves.find(connection, frontier.leaf().get());
  }

  private static boolean rewritten(Frontier frontier, Leaf leaf) {
    return frontier.kind() == WindowKind.BLOCK && !frontier.file().equals(Optional.of(leaf.file()));
  }

  private boolean open(Connection connection, Frontier frontier, Leaf leaf, WindowKind kind)
      throws SQLException {
    Optional<List<String>> bound =
        BoundedRead.within(
            BatchLimits.lockTimeout(context.target()),
            connection,
            tx -> Paging.of(context, kind).bound(tx, leaf));
    Optional<Long> file = kind == WindowKind.BLOCK ? Optional.of(leaf.file()) : Optional.empty();
    return context
        .windows()
        .openLeaf(connection, context.lease(), frontier, leaf.oid(), file, bound);
  }

  private Optional<Claim> claim(Connection connection, Frontier frontier, Leaf leaf)
      throws SQLException {
    Paging paging = Paging.of(context, frontier.kind());
    int stripes = shape.stripes(connection, leaf, frontier.kind());
    long rows = shape.rows(OldestSnapshot.age(connection), stripes, paging.mostRows(leaf));
    Paging.Range range =
        paging.range(
            connection, leaf, frontier.key(), frontier.bound().orElseThrow(), rows, stripes);
    Optional<WindowRow> window =
        context
            .windows()
            .claim(
                connection,
                context.lease(),
                frontier,
                leaf.sql(),
                range.hi(),
                stripes,
                range.stripeBy());
    window.ifPresent(
        w ->
            context
                .events()
                .accept(
                    new BackfillEvent.WindowClaimed(
                        context.run(), w.number(), leaf.sql(), stripes)));
    return window.map(w -> new Claim(leaf, w, range.marks(), range.rows()));
  }
}
