package dev.backfill.internal.batch;

import dev.backfill.internal.checkpoint.StripeBy;
import dev.backfill.internal.checkpoint.WindowRow;
import dev.backfill.internal.postgres.TableInfo.Leaf;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;

/**
 * Windows of blocks. The bound is the number of blocks when the leaf was opened, which was after
 * new rows were covered. A row that moves behind the frontier before it was filled is found by the
 * null proof.
 */
final class BlockPaging implements Paging {
  // A window is read once per pass: it should stay cached meanwhile, beside the indexes and what
  // others use.
  private static final int SHARE_OF_CACHE = 4;
  private static final long MIN_BLOCKS = 1_000;
  private static final int BLOCK_BYTES = 8_192;

  private final BatchContext context;

  BlockPaging(BatchContext context) {
    this.context = context;
  }

  @Override
  public Optional<List<String>> bound(Connection tx, Leaf leaf) throws SQLException {
    BlockProof.require(tx, context.target(), leaf);
    return leaf.pages() == 0
        ? Optional.empty()
        : Optional.of(Place.startOf(leaf.pages()).position());
  }

  @Override
  public long mostRows(Leaf leaf) {
    int workers = Math.max(1, context.workers().getAsInt());
    return mostRows(leaf, context.target().server().sharedBuffersBytes(), workers);
  }

  static long mostRows(Leaf leaf, long cacheBytes, int workers) {
    long blocks = cacheBytes / BLOCK_BYTES / SHARE_OF_CACHE / workers;
    return (long) (Math.max(MIN_BLOCKS, blocks) * RowsPerBlock.of(leaf).rows());
  }

  @Override
  public Range range(
      Connection connection,
      Leaf leaf,
      Optional<List<String>> lo,
      List<String> bound,
      long rows,
      int stripes) {
    RowsPerBlock density = RowsPerBlock.of(leaf);
    long from = lo.map(Place::of).orElse(Place.startOf(0)).block();
    long to = Math.min(Place.of(bound).block(), from + density.blocks(rows));
    return new Range(
        Place.startOf(to).position(),
        density,
        (long) ((to - from) * density.rows()),
        StripeBy.HASH);
  }

  @Override
  public Marks marks(Connection connection, Leaf leaf, WindowRow window) {
    return RowsPerBlock.of(leaf);
  }
}
