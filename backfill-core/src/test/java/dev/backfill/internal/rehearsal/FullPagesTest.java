package dev.backfill.internal.rehearsal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.backfill.internal.postgres.TableInfo.Leaf;
import java.util.List;
import org.junit.jupiter.api.Test;

class FullPagesTest {
  private static final long ROWS = 1_000_000;
  private static final long PAGES = 20_000;
  private static final double HEAP = PAGES * 8_192.0;
  private static final long NEVER = 1L << 60;

  private static LeafFigures figures(long checkpointBytes, double seconds, Index... indexes) {
    return new LeafFigures(
        new Leaf(1, "public", "orders", 'r', ROWS, PAGES, 100, 1),
        PAGES * 8_192,
        List.of(indexes),
        "",
        "id",
        checkpointBytes,
        seconds);
  }

  private static Index index(boolean inHeapOrder) {
    return new Index(2, "i", "id", "create index ", " USING btree (id)", true, inHeapOrder, 3_000);
  }

  private static FullPages.Run run(double moved, boolean inHeapOrder, double wal) {
    return new FullPages.Run(ROWS, moved, inHeapOrder, 0.2, wal, 10);
  }

  @Test
  void eachPageIsLoggedOnceWhereNoCheckpointComes() {
    FullPages pages = FullPages.of(figures(NEVER, 1e12, index(true)), run(0.2, true, 0));

    assertThat(pages.heapBytes()).isCloseTo(HEAP, within(1.0));
    assertThat(pages.indexBytes()).isCloseTo(3_000 * 8_192 * 0.9, within(1.0));
    assertThat(pages.scatteredBytes()).isZero();
    assertThat(pages.checkpoints()).isCloseTo(0, within(1e-6));
  }

  @Test
  void indexesAreLeftAloneByUpdatesInPlace() {
    FullPages pages = FullPages.of(figures(NEVER, 1e12, index(false)), run(0, true, 0));

    assertThat(pages.indexBytes()).isZero();
  }

  @Test
  void inOrderTheWindowAtWorkIsLoggedAgainForEachCheckpoint() {
    FullPages pages = FullPages.of(figures(NEVER, 5), run(0, true, 0));

    assertThat(pages.checkpoints()).isEqualTo(2);
    assertThat(pages.heapBytes()).isCloseTo(HEAP * 1.4, within(1.0));
  }

  @Test
  void inNoOrderEveryPageIsLoggedAgainForEachCheckpoint() {
    FullPages pages = FullPages.of(figures(NEVER, 5, index(false)), run(1, true, 0));

    assertThat(pages.indexBytes()).isCloseTo(3 * 3_000 * 8_192 * 0.9, within(1.0));
    assertThat(pages.scatteredBytes()).isEqualTo(pages.indexBytes());
    assertThat(pages.heapBytes()).isCloseTo(HEAP * 1.4, within(1.0));
  }

  @Test
  void rowsInNoOrderScatterAllPages() {
    FullPages pages = FullPages.of(figures(NEVER, 1e12, index(true)), run(0.2, false, 0));

    assertThat(pages.scatteredBytes()).isCloseTo(pages.bytes(), within(1.0));
    assertThat(pages.scatteredBytes()).isGreaterThan(HEAP);
  }

  @Test
  void morePagesBringMoreCheckpoints() {
    long interval = (long) HEAP;
    double withoutPages = HEAP / interval;

    FullPages pages = FullPages.of(figures(interval, 1e12), run(0, true, HEAP));

    assertThat(pages.checkpoints()).isGreaterThan(1.9 * withoutPages);
  }
}
