package dev.backfill.internal.rehearsal;

import dev.backfill.internal.postgres.TableInfo.Leaf;
import dev.backfill.model.RunFailedException;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * Which part of a leaf is copied: neighbouring blocks, so that the rows of the copy stand as those
 * of the table do. Where they turn out to be empty, others are.
 *
 * @param firstBlock where it begins
 * @param blocks how many
 * @param tableBlocks how many the leaf has
 * @param rows how many they are to hold by the statistics, and the most that are copied
 * @param bytes about how large the copy will be, with its indexes
 */
public record Sample(long firstBlock, long blocks, long tableBlocks, long rows, long bytes) {
  /** Three windows as a run has them. */
  private static final long ROWS = 600_000;

  private static final long FEWEST_ROWS = 50_000;
  // It warms up the JVM: what a run of some seconds needs is compiled after that.
  private static final long WARM_UP_ROWS = 150_000;
  private static final double[] AWAY = {0.5, 1, 0.25, 0.75};

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
    return new Sample((pages - blocks) / 2, blocks, pages, rows, (long) (rows * bytesPerRow));
  }

  /**
   * Neighbouring blocks.
   *
   * @param end behind the last one
   */
  public record Stretch(long from, long end) {}

  /**
   * Where to copy from, one after the other until there are enough rows: the sample itself, then
   * stretches of its length from all over the leaf, the far ones first, since what made one empty
   * has often emptied its neighbours.
   */
  public List<Stretch> stretches() {
    long outermost = (firstBlock + blocks - 1) / blocks;
    Set<Long> away = new LinkedHashSet<>();
    away.add(0L);
    for (double share : AWAY) {
      long steps = (long) Math.ceil(outermost * share);
      away.add(steps);
      away.add(-steps);
    }
    return away.stream()
        .map(steps -> firstBlock + steps * blocks)
        .map(from -> new Stretch(Math.max(0, from), Math.min(tableBlocks, from + blocks)))
        .filter(stretch -> stretch.from() < stretch.end())
        .toList();
  }

  /** Whether so many rows say something of all. */
  public boolean enough(long copied) {
    return copied > 0 && copied >= rows / 2;
  }
}
