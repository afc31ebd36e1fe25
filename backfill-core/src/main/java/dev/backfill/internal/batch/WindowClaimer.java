package dev.backfill.internal.batch;

import dev.backfill.event.BackfillEvent;
import dev.backfill.internal.checkpoint.Frontier;
import dev.backfill.internal.checkpoint.LeaseStore;
import dev.backfill.internal.checkpoint.WindowRow;
import dev.backfill.internal.postgres.BoundedRead;
import dev.backfill.internal.postgres.TableInfo.Leaf;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;

/**
 * Claims the next window for a worker.
 *
 * <ol>
 *   <li>Reads the frontier; opens the next leaf when the one at work has no key left. A leaf is
 *       claimed up to the greatest key that it had when it was opened, which was after new rows
 *       were covered: so the run ends however fast rows are inserted.
 *   <li>Finds the window's end and its cuts by an index-only scan that takes no locks.
 *   <li>Moves the frontier by compare-and-set and writes the window in one short transaction. Who
 *       loses looks again.
 * </ol>
 */
final class WindowClaimer {
  private final BatchContext context;
  private final Leaves leaves;
  private final WindowShape shape;
  private final WindowFiller filler;

  WindowClaimer(BatchContext context, Leaves leaves, WindowShape shape, WindowFiller filler) {
    this.context = context;
    this.leaves = leaves;
    this.shape = shape;
    this.filler = filler;
  }

  /**
   * A window of this worker.
   *
   * @param keys how many keys it holds, about
   */
  record Claim(Leaf leaf, WindowRow window, Cuts cuts, long keys) {}

  /** The next window, or empty when every leaf is claimed to its bound. */
  Optional<Claim> next(Connection connection) throws SQLException, InterruptedException {
    Optional<Frontier> before = Optional.empty();
    while (true) {
      context.control().proceed();
      Frontier frontier = context.windows().frontier(connection, context.run());
      if (before.equals(Optional.of(frontier))) {
        // Nobody moved it, and still we may not: the epoch is another's.
        throw LeaseStore.lost(context.run(), context.epoch());
      }
      Optional<Leaf> leaf = atWork(connection, frontier);
      Optional<Claim> claim = Optional.empty();
      boolean opened = false;
      if (leaf.isEmpty() || frontier.leafExhausted()) {
        Optional<Leaf> next = leaves.next(connection, frontier);
        if (next.isEmpty()) {
          return Optional.empty();
        }
        opened = open(connection, frontier, next.get());
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

  private boolean open(Connection connection, Frontier frontier, Leaf leaf) throws SQLException {
    LeafSql sql = new LeafSql(context.target(), leaf.sql());
    Optional<List<String>> bound =
        BoundedRead.within(
            BatchLimits.lockTimeout(context.target()),
            connection,
            tx -> {
              IndexProof.require(tx, context.target(), sql, leaf);
              return IndexProof.anyKey(tx, sql);
            });
    return context
        .windows()
        .openLeaf(connection, context.run(), context.epoch(), frontier, leaf.oid(), bound);
  }

  private Optional<Claim> claim(Connection connection, Frontier frontier, Leaf leaf)
      throws SQLException {
    LeafSql sql = new LeafSql(context.target(), leaf.sql());
    List<String> bound = frontier.bound().orElseThrow();
    int stripes = shape.stripes(leaf);
    int distance = filler.cutDistance(stripes);
    long rows = shape.rows(OldestSnapshot.age(connection), stripes);
    long wanted = Math.max(distance, rows / distance * distance);
    Cuts cuts = Cuts.read(connection, sql, frontier.key(), bound, wanted, distance);
    long found = (long) cuts.keys().size() * cuts.distance();
    List<String> hi = cuts.more() ? cuts.keys().get(cuts.keys().size() - 1) : bound;
    Optional<WindowRow> window =
        context
            .windows()
            .claim(
                connection,
                context.run(),
                context.epoch(),
                frontier,
                leaf.sql(),
                hi,
                stripes,
                KeyDensity.stripeBy(connection, context.target().key(), cuts));
    window.ifPresent(
        w ->
            context
                .events()
                .accept(
                    new BackfillEvent.WindowClaimed(
                        context.run(), w.number(), leaf.sql(), stripes)));
    return window.map(
        w -> new Claim(leaf, w, cuts.endingAt(hi), Math.min(found + distance, wanted)));
  }
}
