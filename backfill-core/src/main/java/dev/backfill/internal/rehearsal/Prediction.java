package dev.backfill.internal.rehearsal;

import dev.backfill.internal.postgres.TableInfo;
import dev.backfill.internal.postgres.TableInfo.Leaf;
import dev.backfill.internal.postgres.Target;
import dev.backfill.model.Contract;
import dev.backfill.model.Rehearsal;
import dev.backfill.model.Vacuum;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** What was measured on a copy, for the whole table. */
public final class Prediction {
  private static final double USUAL = 0.2;
  private static final double SMALL = 0.15;
  private static final double SCATTERED = 0.3;
  private static final double UNCACHED = 0.5;
  private static final double DISTURBED = 0.2;
  private static final long SMALL_ROWS = 200_000;
  // Against copying, which reads and forms each row besides logging it. In no order nearly each row
  // of a batch comes with whole pages, and the batch waits until they are written.
  private static final double ORDERED_PAGES = 2;
  private static final double SCATTERED_PAGES = 1;

  private final Target target;
  private final LeafFigures figures;
  private final boolean inHeapOrder;
  private final List<Sample.Stretch> read;
  private final Measured measured;
  private final List<String> reasons = new ArrayList<>();
  private final List<String> notes = new ArrayList<>();
  private double uncertainty = USUAL;

  /**
   * @param inHeapOrder whether the run's windows follow the order of the rows
   * @param read the blocks that were copied
   */
  public Prediction(
      Target target,
      LeafFigures figures,
      boolean inHeapOrder,
      List<Sample.Stretch> read,
      Measured measured) {
    this.target = target;
    this.figures = figures;
    this.inHeapOrder = inHeapOrder;
    this.read = List.copyOf(read);
    this.measured = measured;
  }

  /** Something else that is to be known. */
  public void note(String what) {
    notes.add(what);
  }

  public Rehearsal rehearsal() {
    TableInfo table = target.table();
    long rows = table.estimatedRows();
    double factor = (double) rows / Math.max(1, measured.size().rows());
    double moved = measured.filled() == 0 ? 0 : 1 - (double) measured.hotRows() / measured.filled();
    double filling = seconds(measured.filling()) * factor;
    double wal = measured.walBytes() * factor;
    // The copy is of one leaf; the others are taken for its like.
    double leaves = (double) rows / Math.max(1, figures.leaf().estimatedRows());
    FullPages pages = fullPages(moved, wal / leaves, filling / leaves);
    double fullPages = pages.bytes() * leaves;
    double pageSeconds = leaves * seconds(pages);
    double all = seconds(measured.once()) + seconds(measured.growing()) * factor + pageSeconds;
    say(factor, pages, leaves);
    return new Rehearsal(
        target.runName(),
        table.sql(),
        measured.size().rows(),
        measured.size().bytes(),
        rows,
        rows / Math.max(0.001, all),
        (long) (measured.onceWalBytes() + wal + fullPages),
        Duration.ofMillis((long) (all * 1000)),
        (long) ((measured.heapAfter() - measured.size().heapBytes()) * factor),
        1 - moved,
        uncertainty,
        reasons);
  }

  private FullPages fullPages(double moved, double wal, double filling) {
    Leaf leaf = figures.leaf();
    double due = (double) measured.filled() / Math.max(1, measured.size().rows());
    return FullPages.of(
        figures,
        new FullPages.Run(
            (long) (leaf.estimatedRows() * due),
            moved,
            inHeapOrder,
            Math.min(1, (double) measured.windowRows() / Math.max(1, leaf.estimatedRows())),
            wal,
            filling));
  }

  private double seconds(FullPages pages) {
    double rate = Math.max(1, measured.copyWalPerSecond());
    return (pages.bytes() - pages.scatteredBytes()) / (ORDERED_PAGES * rate)
        + pages.scatteredBytes() / (SCATTERED_PAGES * rate);
  }

  private static double seconds(Duration duration) {
    return duration.toNanos() / 1e9;
  }

  private void say(double factor, FullPages pages, double leaves) {
    reason(
        "blocks %,d to %,d of %s%s, copied without its triggers and foreign keys and filled by the"
            + " engine with this definition in %.1f s; times %.2f for the whole table, but for %.1f s"
            + " and %.1f MB of WAL that a run needs once",
        read.get(0).from(),
        read.get(0).end(),
        figures.leaf().sql(),
        read.size() == 1 ? "" : ", which have too few rows, and blocks elsewhere",
        seconds(measured.filling()),
        factor,
        seconds(measured.once()),
        measured.onceWalBytes() / 1e6);
    reason(
        "pages that a run logs whole after a checkpoint, which the copy does not show: %.1f MB of"
            + " the table and %.1f MB of its indexes, for %.1f checkpoints meanwhile",
        pages.heapBytes() * leaves / 1e6,
        pages.indexBytes() * leaves / 1e6,
        pages.checkpoints() * leaves);
    if (measured.size().rows() < SMALL_ROWS) {
      uncertain(
          SMALL, "the copy has few rows, so short waits and the warm-up of the JVM weigh more");
    }
    if (!inHeapOrder) {
      uncertain(
          SCATTERED,
          "the rows stand in no order of the key: on a larger table each batch meets more pages for"
              + " the first time than on the copy");
    }
    caches();
    others();
  }

  private void caches() {
    long cache = target.server().effectiveCacheBytes();
    long table =
        (long)
            (figures.bytes()
                * ((double) target.table().estimatedRows()
                    / Math.max(1, figures.leaf().estimatedRows())));
    if (table > cache) {
      uncertain(
          UNCACHED,
          String.format(
              Locale.ROOT,
              "the copy was in the caches, the table with its indexes (%,d MB) is larger than"
                  + " effective_cache_size (%,d MB): reads from disk come on top%s",
              table / 1_000_000,
              cache / 1_000_000,
              figures
                  .indexesInNoOrder()
                  .map(
                      names ->
                          ", most of all for indexes in another order than the rows': " + names)
                  .orElse("")));
    }
  }

  private void others() {
    if (target.table().partitioned()) {
      reason("the largest partition stands for all %,d of them", target.table().leaves().size());
    }
    long triggers = target.table().triggers().stream().filter(t -> t.onUpdate()).count();
    if (triggers > 0) {
      uncertain(
          DISTURBED,
          "the time and the WAL of the table's UPDATE triggers ("
              + triggers
              + "), which the copy does not have, come on top");
    }
    if (!(target.spec().options().vacuum() instanceof Vacuum.Off)) {
      reason(
          "vacuum(...) is left out: the copy is filled without it, and what the run waits for"
              + " autovacuum or vacuums itself comes on top; the growth is that without a vacuum");
    }
    if (target.spec().options().contract() == Contract.MANUAL) {
      reason("the contract waits for approval, and is not in the figures");
    }
    if (!measured.held().isEmpty()) {
      uncertain(
          DISTURBED, "the throttle held the rehearsal back, as it may the run: " + measured.held());
    }
    if (measured.checkpointed()) {
      uncertain(
          DISTURBED, "a checkpoint came meanwhile, so that some pages are counted whole twice");
    }
    reason("what other sessions wrote meanwhile is in the WAL");
    reasons.addAll(notes);
  }

  private void uncertain(double by, String why) {
    uncertainty += by;
    reasons.add(why);
  }

  private void reason(String format, Object... arguments) {
    reasons.add(String.format(Locale.ROOT, format, arguments));
  }
}
