package dev.backfill.internal.batch;

import dev.backfill.internal.checkpoint.WindowRow;
import dev.backfill.internal.postgres.TableInfo.Leaf;
import dev.backfill.internal.postgres.Target;
import dev.backfill.model.BatchSize;
import dev.backfill.model.Options;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;

/** Windows of keys, found by an index-only scan that takes no locks. */
final class KeyPaging implements Paging {
  private static final int CUT_ROWS = 64;

  private final BatchContext context;

  KeyPaging(BatchContext context) {
    this.context = context;
  }

  @Override
  public Optional<List<String>> bound(Connection tx, Leaf leaf) throws SQLException {
    IndexProof.require(tx, target(), sql(leaf), leaf);
    return IndexProof.anyKey(tx, sql(leaf));
  }

  @Override
  public long mostRows(Leaf leaf) {
    return WindowShape.MAX_ROWS;
  }

  @Override
  public Range range(
      Connection connection,
      Leaf leaf,
      Optional<List<String>> lo,
      List<String> bound,
      long rows,
      int stripes)
      throws SQLException {
    int distance = cutDistance(stripes);
    long wanted = Math.max(distance, rows / distance * distance);
    Cuts cuts = Cuts.read(connection, sql(leaf), lo, bound, wanted, distance);
    long found = (long) cuts.keys().size() * cuts.distance();
    List<String> hi = cuts.more() ? cuts.keys().get(cuts.keys().size() - 1) : bound;
    return new Range(
        hi,
        cuts.endingAt(hi),
        Math.min(found + distance, wanted),
        KeyDensity.stripeBy(connection, target().key(), cuts));
  }

  @Override
  public Marks marks(Connection connection, Leaf leaf, WindowRow window) throws SQLException {
    if (window.cursor().isPresent()) {
      // A run that goes on would walk through all the rest of the pass before its first batch.
      return Cuts.none(window.hi());
    }
    return Cuts.read(
            connection,
            sql(leaf),
            window.lo(),
            window.hi(),
            Long.MAX_VALUE,
            cutDistance(window.stripes()))
        .endingAt(window.hi());
  }

  private int cutDistance(int stripes) {
    return cutDistance(context.options(), stripes);
  }

  /** Rows between two cuts: one fixed batch, or the step in which adaptive batches grow. */
  static int cutDistance(Options options, int stripes) {
    int rows = options.batchSize() instanceof BatchSize.Fixed fixed ? fixed.rows() : CUT_ROWS;
    return Math.multiplyExact(rows, stripes);
  }

  private Target target() {
    return context.target();
  }

  private LeafSql sql(Leaf leaf) {
    return new LeafSql(target(), leaf.sql());
  }
}
