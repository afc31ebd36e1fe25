package dev.backfill.internal.batch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.backfill.model.BatchSize;
import java.time.Duration;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SizerTest {
  private static final int START = 500;

  private static void work(Sizer sizer, int batches, Duration perRow) {
    for (int i = 0; i < batches; i++) {
      sizer.committed(sizer.rows(), perRow.multipliedBy(sizer.rows()));
    }
  }

  @Nested
  class Adaptive {
    private final Sizer sizer = new Sizer(BatchSize.adaptive(Duration.ofMillis(50)));

    @ParameterizedTest
    @ValueSource(longs = {2, 10, 20, 100, 1000})
    void comesToWhatTheServerDoesWithinTheTarget(long microsPerRow) {
      work(sizer, 40, Duration.ofNanos(microsPerRow * 1_000));

      assertThat(sizer.rows())
          .isBetween((int) (0.95 * 50_000 / microsPerRow), (int) (50_000 / microsPerRow));
    }

    @Test
    void growsByHalfAtMost() {
      int before = sizer.rows();
      for (int i = 0; i < 5; i++) {
        sizer.committed(before, Duration.ofNanos(1));
        assertThat(sizer.rows()).isBetween(before + 1, (int) (before * 1.5) + 1);
        before = sizer.rows();
      }
    }

    @Test
    void shrinksAtOnce() {
      sizer.committed(START, Duration.ofMillis(500));

      assertThat(sizer.rows()).isEqualTo(START / 10);
    }

    @Test
    void isJudgedByTheSlowTenth() {
      work(sizer, 17, Duration.ofNanos(10_000));
      for (int i = 0; i < 3; i++) {
        sizer.committed(1_000, Duration.ofMillis(100));
      }

      assertThat(sizer.rows()).isEqualTo(500);
    }

    @Test
    void oneSlowBatchAmongManyIsChance() {
      work(sizer, 19, Duration.ofNanos(50_000));
      int before = sizer.rows();
      sizer.committed(before, Duration.ofSeconds(1));

      assertThat(sizer.rows()).isEqualTo(before);
    }

    @Test
    void whatIsLongAgoIsForgotten() {
      work(sizer, 20, Duration.ofMillis(1));
      work(sizer, 40, Duration.ofNanos(10_000));

      assertThat(sizer.rows()).isCloseTo(5_000, within(1));
    }

    @Test
    @DisplayName("S5: it never shrinks below the floor, however slow the server is")
    void floor() {
      work(sizer, 20, Duration.ofSeconds(10));

      assertThat(sizer.rows()).isEqualTo(Sizer.FLOOR);
    }

    @Test
    @DisplayName("S5: batches without time or without rows teach nothing wrong")
    void emptyBatches() {
      sizer.committed(0, Duration.ofSeconds(10));
      assertThat(sizer.rows()).isEqualTo(START);

      sizer.committed(START, Duration.ZERO);
      assertThat(sizer.rows()).isEqualTo(START * 3 / 2);
    }

    @Test
    void growsToACeiling() {
      work(sizer, 100, Duration.ofNanos(1));

      assertThat(sizer.rows()).isEqualTo(50_000);
    }

    @Test
    void isHalvedByEachRollbackDownToOneRow() {
      sizer.rolledBack();
      assertThat(sizer.rows()).isEqualTo(START / 2);

      for (int i = 0; i < 30; i++) {
        sizer.rolledBack();
      }
      assertThat(sizer.rows()).isEqualTo(1);
    }

    @Test
    void comesBackAfterRollbacks() {
      for (int i = 0; i < 30; i++) {
        sizer.rolledBack();
      }
      work(sizer, 40, Duration.ofNanos(100_000));

      assertThat(sizer.rows()).isCloseTo(500, within(1));
    }
  }

  @Nested
  class Fixed {
    private final Sizer sizer = new Sizer(BatchSize.fixed(300));

    @ParameterizedTest
    @ValueSource(longs = {1, 1_000_000, 1_000_000_000})
    void learnsNothing(long nanosPerRow) {
      work(sizer, 20, Duration.ofNanos(nanosPerRow));

      assertThat(sizer.rows()).isEqualTo(300);
    }

    @Test
    void isSmallerOnlyWhileABatchIsTriedAgain() {
      sizer.rolledBack();
      sizer.rolledBack();
      assertThat(sizer.rows()).isEqualTo(75);

      work(sizer, 1, Duration.ofMillis(1));
      assertThat(sizer.rows()).isEqualTo(113);

      work(sizer, 10, Duration.ofMillis(1));
      assertThat(sizer.rows()).isEqualTo(300);
    }

    @Test
    void ofOneRowStaysOne() {
      Sizer one = new Sizer(BatchSize.fixed(1));
      one.rolledBack();
      work(one, 3, Duration.ofMillis(1));

      assertThat(one.rows()).isEqualTo(1);
    }
  }
}
