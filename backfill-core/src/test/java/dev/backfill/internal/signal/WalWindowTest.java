package dev.backfill.internal.signal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.withinPercentage;

import java.time.Duration;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class WalWindowTest {
  private static final long MB = 1L << 20;
  private static final Duration POLL = Duration.ofMillis(250);

  private final WalWindow window = new WalWindow(Duration.ofSeconds(5));
  private long nanos = 7;
  private long insert = 1_000 * MB;
  private long replayed = insert;

  @Test
  void startsAtOneMegabyte() {
    assertThat(window.bytes()).isEqualTo(MB);
    assertThat(window.drainRate()).isEqualTo(MB / 1.25);
  }

  @Test
  void isWhatABusyStandbyDrainsInASecondAndAPoll() {
    polls(40, 4, 8 * MB);

    assertThat(window.drainRate()).isCloseTo(4 * MB, withinPercentage(1));
    assertThat(window.bytes()).isCloseTo(5 * MB, withinPercentage(1));
  }

  @Test
  void isAFifthOfAShortLimitAndAPoll() {
    window.limit(Duration.ofSeconds(2));
    polls(40, 4, 8 * MB);

    assertThat(window.bytes()).isCloseTo(2 * MB, withinPercentage(1));
  }

  @Test
  void anotherLimitCountsAtOnce() {
    polls(40, 4, 8 * MB);
    window.limit(Duration.ofSeconds(1));

    assertThat(window.bytes()).isCloseTo(MB, withinPercentage(1));
    window.limit(Duration.ofMinutes(1));
    assertThat(window.bytes()).isCloseTo(5 * MB, withinPercentage(1));
  }

  @Test
  void growsByASixteenthAPollAtMostWhileTheWayIsNotBusy() {
    for (int i = 0; i < 100; i++) {
      long before = window.bytes();
      polls(1, 40, 0);
      assertThat(window.bytes()).isBetween(before, (long) (before * 1.06) + 1);
    }
    assertThat(window.bytes()).isCloseTo(50 * MB, withinPercentage(1));
  }

  @Test
  void doesNotGrowBeyondWhatIsReplayed() {
    polls(400, 0.5, 0);

    assertThat(window.bytes()).isEqualTo(MB);
  }

  @Test
  void aFewFullWindowsTellThatTheWayBecameSlow() {
    polls(80, 8, 9 * MB);
    assertThat(window.bytes()).isCloseTo(10 * MB, withinPercentage(1));

    polls(8, 2, 9 * MB);
    assertThat(window.bytes()).isLessThan(3 * MB);
  }

  @Test
  @DisplayName("S1: a pause of replay, however long, halves it")
  void pausedReplay() {
    polls(40, 4, 5 * MB);
    polls(20, 0, 5 * MB);
    assertThat(window.bytes()).isCloseTo((long) (2.5 * MB), withinPercentage(1));

    polls(8, 4, 5 * MB);
    assertThat(window.bytes()).isGreaterThan(3 * MB);
  }

  @Test
  void aWayThatCrawlsIsNoPause() {
    polls(40, 4, 5 * MB);
    polls(20, 0.01, 5 * MB);

    assertThat(window.bytes()).isEqualTo(WalWindow.FLOOR);
  }

  @Test
  void aBacklogThatTheStandbyHadReceivedSaysNothingOfTheLink() {
    polls(40, 4, 5 * MB);
    long before = window.bytes();
    polls(3, 0, 300 * MB);
    polls(8, 150, 200 * MB);
    polls(4, 4, 0);

    assertThat(window.bytes()).isLessThan(before);
  }

  @Test
  void aDeepQueueOfOthersDoesNotHoldItDownForEver() {
    polls(120, 100, 20 * MB);

    assertThat(window.drainRate()).isCloseTo(100 * MB, withinPercentage(1));
  }

  @Test
  void staysWithinItsBounds() {
    polls(400, 2_000, 3_000 * MB);
    assertThat(window.bytes()).isEqualTo(WalWindow.CEILING);

    polls(40, 0.01, 3_000 * MB);
    assertThat(window.bytes()).isEqualTo(WalWindow.FLOOR);
  }

  @Test
  @DisplayName("S1: a missing replay position leaves it as it is")
  void missingPosition() {
    polls(40, 4, 5 * MB);
    long before = window.bytes();

    for (int i = 0; i < 20; i++) {
      nanos += POLL.toNanos();
      insert += 4 * MB;
      window.polled(nanos, insert, 0);
    }
    assertThat(window.bytes()).isEqualTo(before);
    window.polled(nanos += POLL.toNanos(), insert, replayed);
    assertThat(window.bytes()).isEqualTo(before);
  }

  @Test
  @DisplayName("S2: a replay position that goes back leaves it as it is")
  void positionGoesBack() {
    polls(40, 4, 5 * MB);
    long before = window.bytes();

    replayed -= 16 * MB;
    polls(1, 0, 5 * MB);
    assertThat(window.bytes()).isEqualTo(before);

    polls(20, 4, 5 * MB);
    assertThat(window.drainRate()).isCloseTo(4 * MB, withinPercentage(5));
  }

  @Test
  void aLongGapBetweenPollsIsNoSecondOfMeasuring() {
    polls(40, 4, 5 * MB);
    long before = window.bytes();
    nanos += Duration.ofMinutes(1).toNanos();
    polls(1, 0, 5 * MB);

    assertThat(window.bytes()).isEqualTo(before);
  }

  @Test
  void twoPollsAtTheSameInstantAreNoRate() {
    window.polled(nanos, insert, replayed);
    window.polled(nanos, insert + MB, replayed + MB);

    assertThat(window.bytes()).isEqualTo(MB);
  }

  @Test
  void shortLimitsArePolledMoreOften() {
    assertThat(WalWindow.pollFor(Duration.ofMinutes(1))).hasMillis(250);
    assertThat(WalWindow.pollFor(Duration.ofSeconds(2))).hasMillis(100);
    assertThat(WalWindow.pollFor(Duration.ofMillis(100))).hasMillis(50);
  }

  /** Polls with this much replayed per second and this much still under way. */
  private void polls(int count, double megabytesPerSecond, long underWay) {
    for (int i = 0; i < count; i++) {
      nanos += POLL.toNanos();
      replayed += (long) (megabytesPerSecond * MB / 4);
      insert = Math.max(insert, replayed + underWay);
      window.polled(nanos, replayed + underWay, replayed);
    }
  }
}
