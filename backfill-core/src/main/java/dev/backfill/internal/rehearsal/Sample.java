package dev.backfill.internal.rehearsal;

import dev.backfill.internal.postgres.TableInfo.Leaf;
import dev.backfill.model.RunFailedException;
import java.util.Locale;

/**
 * Which part of a leaf is copied: neighbouring blocks, so that the rows of the copy stand as those
 * of the table do.
 *
 * @param firstBlock where it begins
 * @param blocks how many
 * @param bytes about how large the copy will be, with its indexes
 */
public record Sample(long firstBlock, long blocks, long bytes) {
  /** Three windows as a run has them. */
  private static final long ROWS = 600_000;

  private static final long FEWEST_ROWS = 50_000;
  // It warms up the JVM: what a run of some seconds needs is compiled after that.
  private static final long WARM_UP_ROWS = 150_000;

  /**
   * @param mostBytes that may be copied
   * @throws RunFailedException when that is too little to say anything
   */
  public static Sample of(LeafFigures figures, long mostBytes) {
    Leaf leaf = figures.leaf();
    long rows = Math.max(1, leaf.estimatedRows());
    // Filled, it grows: at most to twice its size.
    double bytesPerRow = 2.0 * figures.bytes() / rows;
    long within = (long) (mostBytes / Math.max(1, bytesPerRow));
    long wanted = Math.min(rows, ROWS);
    if (within < Math.min(wanted, FEWEST_ROWS)) {
      throw new RunFailedException(
          String.format(
              Locale.ROOT,
              "A rehearsal on %s would have to copy %,d rows, up to %,d bytes with their indexes"
                  + " and with what they grow by, and may copy %,d. Nothing was changed. Allow"
                  + " more: rehearse(%d).",
              leaf.sql(),
              Math.min(wanted, FEWEST_ROWS),
              (long) (Math.min(wanted, FEWEST_ROWS) * bytesPerRow),
              mostBytes,
              (long) Math.ceil(Math.min(wanted, FEWEST_ROWS) * bytesPerRow) + 1));
    }
    return part(leaf, Math.min(wanted, within), bytesPerRow);
  }

  /** A smaller one, which is filled first and not measured. */
  public Sample warmUp(LeafFigures figures) {
    long rows = Math.max(1, figures.leaf().estimatedRows());
    return part(
        figures.leaf(),
        Math.min(WARM_UP_ROWS, Math.max(1, rows * blocks / Math.max(1, figures.leaf().pages()))),
        2.0 * figures.bytes() / rows);
  }

  private static Sample part(Leaf leaf, long rows, double bytesPerRow) {
    long pages = Math.max(1, leaf.pages());
    double share = Math.min(1, (double) rows / Math.max(1, leaf.estimatedRows()));
    long blocks = Math.max(1, (long) Math.ceil(pages * share));
    // From the middle: neither the oldest rows nor those that are being inserted.
    return new Sample((pages - blocks) / 2, blocks, (long) (rows * bytesPerRow));
  }

  /** Behind its last block. */
  public long end() {
    return firstBlock + blocks;
  }
}
