package dev.backfill.internal.rehearsal;

import dev.backfill.internal.postgres.TableInfo.Leaf;

/**
 * The pages that a run logs whole, since it is the first that changes them after a checkpoint. The
 * copy shows none of them: it was made after the last checkpoint itself.
 *
 * <p>A page is logged once, and again for each checkpoint that comes between two of its changes: of
 * what stands in the order of the keys, those of the window at work; of anything else, what one
 * interval between two checkpoints reaches.
 *
 * @param heapBytes of the table
 * @param indexBytes of its indexes
 * @param scatteredBytes of both together, of pages that batches meet in no order
 * @param checkpoints that come while the run is at work
 */
record FullPages(double heapBytes, double indexBytes, double scatteredBytes, double checkpoints) {
  private static final double PAGE = 8_192;
  private static final double INDEX_FILL = 0.9;
  private static final int ROUNDS = 4;

  /**
   * What the run is like.
   *
   * @param rows of the leaf that are updated
   * @param moved share of them whose update is not in place
   * @param inHeapOrder whether windows follow the order of the rows
   * @param windowShare a window's share of the leaf
   * @param otherWal bytes that it writes besides
   * @param seconds for how long
   */
  record Run(
      long rows,
      double moved,
      boolean inHeapOrder,
      double windowShare,
      double otherWal,
      double seconds) {}

  static FullPages of(LeafFigures figures, Run run) {
    FullPages pages = new FullPages(0, 0, 0, 0);
    // The more of them, the more checkpoints.
    for (int i = 0; i < ROUNDS; i++) {
      double checkpoints =
          Math.max(
              (run.otherWal() + pages.bytes()) / Math.max(1, figures.checkpointBytes()),
              run.seconds() / Math.max(1, figures.checkpointSeconds()));
      double heap = heap(figures, run, checkpoints);
      double ordered = indexes(figures, run, checkpoints, true);
      double scattered = indexes(figures, run, checkpoints, false);
      pages =
          new FullPages(
              heap, ordered + scattered, scattered + (run.inHeapOrder() ? 0 : heap), checkpoints);
    }
    return pages;
  }

  double bytes() {
    return heapBytes + indexBytes;
  }

  private static double heap(LeafFigures figures, Run run, double checkpoints) {
    Leaf leaf = figures.leaf();
    double full = leaf.pages() * PAGE * leaf.fillfactor() / 100.0;
    double changesPerPage = (double) run.rows() / Math.max(1, leaf.pages());
    return full * times(changesPerPage, 1, run, run.inHeapOrder(), checkpoints);
  }

  private static double indexes(LeafFigures figures, Run run, double checkpoints, boolean inOrder) {
    double sum = 0;
    for (Index index : figures.indexes()) {
      if ((run.inHeapOrder() && index.inHeapOrder()) != inOrder) {
        continue;
      }
      double entriesPerPage = (double) run.rows() / Math.max(1, index.pages());
      sum +=
          index.pages()
              * PAGE
              * INDEX_FILL
              * times(entriesPerPage, run.moved(), run, inOrder, checkpoints);
    }
    return sum;
  }

  /** How often a page is logged whole, on average. */
  private static double times(
      double rowsPerPage, double share, Run run, boolean inOrder, double checkpoints) {
    if (inOrder) {
      return reached(rowsPerPage, share) * (1 + checkpoints * run.windowShare());
    }
    double intervals = checkpoints + 1;
    return intervals * reached(rowsPerPage / intervals, share);
  }

  /** The share of pages with at least one of so many rows on which the change falls. */
  private static double reached(double rowsPerPage, double share) {
    return 1 - Math.pow(1 - Math.min(share, 1 - 1e-9), rowsPerPage);
  }
}
