package dev.backfill.internal.signal;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class LagRingTest {
  private final LagRing ring = new LagRing();

  @Test
  void isZeroWhenTheStandbyHasReplayedWhatThereIs() {
    ring.sampled(seconds(1), 100);

    assertThat(ring.lag(seconds(2), 100)).isEqualTo(new Lag(Duration.ZERO, false, 0));
    assertThat(ring.lag(seconds(2), 150)).isEqualTo(new Lag(Duration.ZERO, false, 0));
  }

  @Test
  @DisplayName("S1: an idle primary has no lag, however long it is idle")
  void idleIsNoLag() {
    for (int i = 0; i < 10_000; i++) {
      ring.sampled(seconds(i), 100);
    }

    assertThat(ring.lag(seconds(10_000), 100).time()).isZero();
    assertThat(ring.size()).isEqualTo(2);
  }

  @Test
  @DisplayName("S1: the lag of a paused replay grows while time goes by")
  void pausedReplayLags() {
    ring.sampled(seconds(1), 100);
    ring.sampled(seconds(2), 200);
    ring.sampled(seconds(3), 300);

    assertThat(ring.lag(seconds(4), 200)).isEqualTo(new Lag(Duration.ofSeconds(2), false, 100));
    assertThat(ring.lag(seconds(60), 200).time()).isEqualTo(Duration.ofSeconds(58));
    assertThat(ring.lag(seconds(60), 250).time()).as("between samples").hasSeconds(58);
  }

  @Test
  void idleTimeBeforeNewWalIsNotLag() {
    ring.sampled(seconds(0), 100);
    for (int i = 1; i <= 600; i++) {
      ring.sampled(seconds(i), 100);
    }
    ring.sampled(seconds(601), 200);

    assertThat(ring.lag(seconds(602), 100).time()).isEqualTo(Duration.ofSeconds(2));
  }

  @Test
  @DisplayName("S12: a standby behind the oldest sample may be behind by any amount")
  void behindTheOldestSample() {
    ring.sampled(seconds(10), 1_000);
    ring.sampled(seconds(12), 1_100);

    assertThat(ring.lag(seconds(15), 1)).isEqualTo(new Lag(Duration.ofSeconds(5), true, 1_099));
    assertThat(ring.lag(seconds(15), 1_000).atLeast()).isFalse();
  }

  @Test
  @DisplayName("S12: nothing is known before the first sample")
  void empty() {
    assertThat(ring.lag(seconds(1), 1_000).atLeast()).isTrue();
  }

  @Test
  void aPositionThatGoesBackIsAnotherHistory() {
    ring.sampled(seconds(1), 1_000);
    ring.sampled(seconds(2), 2_000);
    ring.sampled(seconds(4), 1_500);

    assertThat(ring.size()).isOne();
    assertThat(ring.lag(seconds(5), 1_000).atLeast()).isTrue();
    assertThat(ring.lag(seconds(5), 1_500).time()).isZero();
  }

  @Test
  void anAnswerThatWasOvertakenIsNotAnotherHistory() {
    ring.sampled(seconds(1), 1_000);
    ring.sampled(seconds(2), 2_000);
    ring.sampled(seconds(2) + 3, 1_990);
    ring.sampled(seconds(2) - 3, 1_980);

    assertThat(ring.lag(seconds(3), 1_000)).isEqualTo(new Lag(Duration.ofSeconds(2), false, 1_000));
  }

  @Test
  void aNewTimelineStartsAfresh() {
    ring.sampled(seconds(1), 1_000);
    ring.clear();

    assertThat(ring.lag(seconds(2), 1_000).atLeast()).isTrue();
  }

  @Test
  void instantsMayBeNegativeAndWrapAround() {
    ring.sampled(Long.MAX_VALUE - seconds(1), 100);
    ring.sampled(Long.MIN_VALUE + seconds(1), 200);

    assertThat(ring.lag(Long.MIN_VALUE + seconds(3), 100).time()).hasSeconds(4);
  }

  @Test
  void readsCloselyAndNeverTooLowForHoursOfSamplesInBoundedMemory() {
    Random random = new Random(1);
    TreeMap<Long, Long> lastNanosAt = new TreeMap<>();
    long now = 0;
    long position = 1;
    while (now < seconds(4 * 3600)) {
      now += random.nextInt(50) == 0 ? seconds(random.nextInt(20)) : random.nextInt(60_000_000);
      position += random.nextInt(3) == 0 ? 0 : random.nextInt(100_000);
      ring.sampled(now, position);
      lastNanosAt.put(position, now);
    }

    assertThat(ring.size()).isLessThanOrEqualTo(LagRing.CAPACITY);
    for (int i = 0; i < 20_000; i++) {
      long replayed = 1 + (long) (random.nextDouble() * position);
      if (i % 2 == 0) {
        replayed = position - random.nextInt(10_000_000);
      }
      var truth = lastNanosAt.floorEntry(replayed);
      if (truth == null || replayed >= position) {
        continue;
      }
      long behind = now - truth.getValue();
      long read = ring.lag(now, replayed).time().toNanos();
      long slack = behind < seconds(100) ? 50_000_000L : behind / 30;
      assertThat(read).isBetween(behind, behind + slack);
    }
  }

  private static long seconds(long seconds) {
    return Duration.ofSeconds(seconds).toNanos();
  }
}
