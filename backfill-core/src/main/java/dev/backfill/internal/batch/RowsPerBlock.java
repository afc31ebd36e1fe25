package dev.backfill.internal.batch;

import dev.backfill.internal.checkpoint.WindowRow;
import dev.backfill.internal.postgres.TableInfo.Leaf;

/**
 * How many rows a block holds: what the statistics say, or more where batches found more. Too low,
 * and batches would be larger than they may be.
 */
final class RowsPerBlock implements Marks {
  private double rows;

  private RowsPerBlock(double rows) {
    this.rows = rows;
  }

  static RowsPerBlock of(Leaf leaf) {
    return new RowsPerBlock(Math.max(1, (double) leaf.estimatedRows() / Math.max(1, leaf.pages())));
  }

  double rows() {
    return rows;
  }

  /** The blocks that hold so many rows, at least one. */
  long blocks(long wanted) {
    return (long) Math.max(1, wanted / rows);
  }

  /** Learns from a batch. */
  void found(long inBlocks, long foundRows) {
    rows = Math.max(rows, (double) foundRows / Math.max(1, inBlocks));
  }

  @Override
  public BatchEnds ends(LeafSql sql, WindowRow window) {
    return new BlockEnds(sql, window, this);
  }
}
