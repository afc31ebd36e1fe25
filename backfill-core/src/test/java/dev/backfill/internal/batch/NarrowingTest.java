package dev.backfill.internal.batch;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class NarrowingTest {
  private static final long BATCH = 20_000;

  /** Goes through so many keys and returns how many batches it took. */
  private static long batches(long keys, Set<Long> bad, List<Long> found) {
    Narrowing narrowing = new Narrowing();
    long batches = 0;
    long done = 0;
    while (done < keys) {
      long size = Math.min(Math.min(BATCH, narrowing.most()), keys - done);
      long end = done + size;
      batches++;
      if (LongStream.range(done, end).noneMatch(bad::contains)) {
        narrowing.passed(size);
        done = end;
      } else if (size > 1) {
        narrowing.failed(size);
      } else {
        found.add(done);
        narrowing.found();
        done = end;
      }
    }
    return batches;
  }

  @Test
  void withoutABadRowNoBatchIsSmaller() {
    assertThat(batches(10 * BATCH, Set.of(), new ArrayList<>())).isEqualTo(10);
  }

  @Test
  void oneBadRowIsFoundInAsManyBatchesAsTheFirstCanBeHalvedAndItsBatchesGrowAgain() {
    List<Long> found = new ArrayList<>();

    // 15 to halve 20,000 down to one key, as many to double up from it, and the ten.
    assertThat(batches(10 * BATCH, Set.of(77_777L), found)).isLessThanOrEqualTo(10 + 2 * 15 + 2);
    assertThat(found).containsExactly(77_777L);
  }

  @Test
  void badRowsSideBySideCostTwoBatchesEach() {
    List<Long> found = new ArrayList<>();
    Set<Long> bad = Set.copyOf(LongStream.range(50_000, 50_100).boxed().toList());

    assertThat(batches(10 * BATCH, bad, found)).isLessThanOrEqualTo(10 + 2 * 15 + 2 + 100);
    assertThat(found).hasSize(100);
  }

  @Test
  void everyBadRowIsFoundAndNoOther() {
    List<Long> found = new ArrayList<>();
    Set<Long> bad = Set.of(0L, 1L, 19_999L, 20_000L, 65_432L, 199_999L);

    long unused = batches(10 * BATCH, bad, found);

    assertThat(found).containsExactlyInAnyOrderElementsOf(bad);
  }
}
