package dev.backfill.internal.signal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.withinPercentage;

import io.github.resilience4j.ratelimiter.internal.AtomicRateLimiter;
import java.time.Duration;
import java.util.Comparator;
import java.util.PriorityQueue;
import java.util.Random;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Workers that take turns on a driven clock; the limiter's own clock is the same. As a batch is
 * paid for afterwards, at most one batch of each worker is ahead of the rate.
 */
class RateTest {
  private static final long SECOND = 1_000_000_000L;

  private final DrivenClock clock = new DrivenClock();

  @Nested
  class Rows {
    @ParameterizedTest
    @CsvSource({"1, 1", "3, 1", "3, 4", "9, 2", "15, 3", "100, 1", "100, 8", "25000, 4"})
    void allWorkersTogetherKeepTheRate(long perSecond, int workers) throws Exception {
      RowRate rate = new RowRate(perSecond, allowance(perSecond));
      long seconds = 200;

      double rows = work(rate, workers, seconds, 1_000, Integer.MAX_VALUE);

      assertThat(rows / seconds)
          .isBetween(0.9 * perSecond, perSecond * (1 + (workers + 0.1) / seconds));
    }

    @Test
    void aSlowRunIsNotHeldBack() throws Exception {
      RowRate rate = new RowRate(1_000_000, allowance(1_000_000));

      double rows = work(rate, 2, 100, 10_000_000, 500);

      assertThat(rows).isCloseTo(2 * 100 * 100 * 500, withinPercentage(2));
    }

    @Test
    void aBatchHasAtMostTheRowsOfASecond() {
      assertThat(new RowRate(3, allowance(3)).maxRows()).isEqualTo(3);
      assertThat(new RowRate(25_000, allowance(25_000)).maxRows()).isEqualTo(25_000);
      assertThat(new RowRate(Long.MAX_VALUE, allowance(Long.MAX_VALUE)).maxRows())
          .isEqualTo(Integer.MAX_VALUE);
    }

    @Test
    void idleTimeIsNotSavedUp() throws Exception {
      RowRate rate = new RowRate(100, allowance(100));
      clock.advance(3_600 * SECOND);
      rate.filled(100);
      clock.sleep(rate.turnIn());

      assertThat(clock.slept()).isGreaterThanOrEqualTo(Duration.ofMillis(800));
    }

    @Test
    void aBatchWithoutRowsIsFree() throws Exception {
      RowRate rate = new RowRate(1, allowance(1));
      rate.filled(0);
      clock.sleep(rate.turnIn());

      assertThat(clock.slept()).isZero();
    }

    private double work(RowRate rate, int workers, long seconds, long nanosPerBatch, int most)
        throws Exception {
      Random random = new Random(workers);
      return turns(
          workers,
          seconds,
          nanosPerBatch,
          () -> clock.sleep(rate.turnIn()),
          () -> {
            int rows = Math.min(most, rate.maxRows());
            rows = most == Integer.MAX_VALUE ? 1 + random.nextInt(rows) : rows;
            rate.filled(rows);
            return rows;
          });
    }
  }

  @Nested
  class Wal {
    @ParameterizedTest
    @CsvSource({"20000, 1", "4000000, 1", "4000000, 3", "300000000, 4"})
    void allWorkersTogetherKeepTheRate(long perSecond, int workers) throws Exception {
      WalRate rate = new WalRate(perSecond, allowance(WalRate.kilobytes(perSecond)));
      Random random = new Random(workers);
      long seconds = 100;

      double bytes =
          turns(
              workers,
              seconds,
              1_000,
              () -> clock.sleep(rate.turnIn()),
              () -> {
                long written = 1 + (long) (random.nextDouble() * rate.maxBytes());
                rate.written(written);
                return written;
              });

      assertThat(bytes / seconds)
          .isBetween(0.9 * perSecond, perSecond * (1 + (workers + 0.1) / seconds));
    }

    @Test
    void batchesBelowAKilobyteAreCountedToo() throws Exception {
      WalRate rate = new WalRate(10_240, allowance(WalRate.kilobytes(10_240)));

      double bytes =
          turns(
              1,
              100,
              1_000,
              () -> clock.sleep(rate.turnIn()),
              () -> {
                rate.written(100);
                return 100;
              });

      assertThat(bytes / 100).isBetween(0.95 * 10_240, 1.05 * 10_240);
    }

    @Test
    void aBurstOfManyGigabytesIsPaidForInFull() throws Exception {
      WalRate rate = new WalRate(1 << 20, allowance(1 << 10));
      for (int i = 0; i < 5; i++) {
        rate.written(1L << 31);
      }
      clock.sleep(rate.turnIn());

      assertThat(clock.slept()).isBetween(Duration.ofSeconds(10_239), Duration.ofSeconds(10_240));
    }
  }

  /** What a turn did. */
  private interface Turn {
    double run() throws Exception;
  }

  private interface Wait {
    void run() throws InterruptedException;
  }

  private double turns(int workers, long seconds, long nanosPerBatch, Wait wait, Turn turn)
      throws Exception {
    double done = 0;
    PriorityQueue<long[]> next = new PriorityQueue<>(Comparator.comparingLong(w -> w[0]));
    for (int i = 0; i < workers; i++) {
      next.add(new long[] {0, 0});
    }
    while (next.element()[0] < seconds * SECOND) {
      long[] worker = next.remove();
      clock.set(worker[0]);
      if (worker[1] == 0) {
        wait.run();
        worker[0] += clock.slept().toNanos() + nanosPerBatch;
        worker[1] = 1;
      } else {
        done += turn.run();
        worker[1] = 0;
      }
      next.add(worker);
    }
    return done;
  }

  private Allowance allowance(long perSecond) {
    return new Allowance(
        perSecond, clock, config -> new AtomicRateLimiter("test", config, clock::nanos));
  }
}
