package dev.backfill.internal.signal;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.OptionalDouble;
import java.util.Random;
import org.junit.jupiter.api.Test;

class PacerTest {
  private static final OptionalDouble UNREAD = OptionalDouble.empty();
  // So many that one batch at a time is no share worth a rest.
  private static final int CORES = 64;

  private final Pacer pacer = new Pacer();

  @Test
  void fullSpeedWhereNobodyElseWorks() {
    observe(50, 0, OptionalDouble.of(100));
    assertThat(pacer.ratio()).isZero();
    assertThat(pacer.restAfter(Duration.ofMillis(50))).isZero();
  }

  @Test
  void restsHalfAsMuchAgainWhileOthersFillTheProcessors() {
    observe(1, CORES, UNREAD);
    double first = pacer.ratio();
    observe(1, CORES, UNREAD);

    assertThat(first).isPositive();
    assertThat(pacer.ratio()).isEqualTo(first * 1.5);
    observe(20, CORES, UNREAD);
    assertThat(pacer.ratio()).isEqualTo(Pacer.MOST);
    assertThat(pacer.restAfter(Duration.ofMillis(50))).isEqualTo(Duration.ofMillis(800));
  }

  @Test
  void restsATenthLessWhenTheyDoNot() {
    observe(20, CORES, UNREAD);
    observe(1, 1, UNREAD);

    assertThat(pacer.ratio()).isEqualTo(Pacer.MOST * 0.9);
    observe(60, 1, UNREAD);
    assertThat(pacer.ratio()).isZero();
  }

  @Test
  void staysInBetween() {
    observe(5, CORES, UNREAD);
    double before = pacer.ratio();
    observe(10, 48, UNREAD);

    assertThat(pacer.ratio()).isEqualTo(before);
  }

  @Test
  void oneLookThatFindsNobodyIsNotEnoughForFullSpeed() {
    observe(20, CORES, UNREAD);
    observe(2, 0, UNREAD);
    assertThat(pacer.ratio()).isGreaterThan(10);

    observe(1, 0, UNREAD);
    assertThat(pacer.ratio()).isZero();
  }

  @Test
  void restsWhenACommitTakesTwiceItsNormalTime() {
    observe(30, 1, OptionalDouble.of(2));
    assertThat(pacer.ratio()).isZero();
    observe(3, 1, OptionalDouble.of(5));
    assertThat(pacer.ratio()).isPositive();
  }

  @Test
  void aFractionOfAMillisecondMoreIsNoPressure() {
    observe(30, 1, OptionalDouble.of(0.1));
    observe(30, 1, OptionalDouble.of(0.9));

    assertThat(pacer.ratio()).isZero();
  }

  @Test
  void ourOwnFullSpeedDoesNotBecomeNormal() {
    observe(30, 1, OptionalDouble.of(2));
    for (int i = 0; i < 10_000; i++) {
      observe(1, 0, OptionalDouble.of(8));
    }
    assertThat(pacer.ratio()).isZero();

    observe(1, 1, OptionalDouble.of(8));
    assertThat(pacer.ratio()).isPositive();
  }

  @Test
  void aServerThatBecameSlowerForGoodIsRecognisedWhileWeRest() {
    observe(30, 1, OptionalDouble.of(2));
    observe(400, 1, OptionalDouble.of(8));

    assertThat(pacer.ratio()).isZero();
  }

  @Test
  void outliersDoNotDecideWhatIsNormal() {
    Random random = new Random(1);
    for (int i = 0; i < 1_000; i++) {
      double millis = random.nextInt(50) == 0 ? 0.1 : 4 + random.nextDouble();
      observe(1, 1, OptionalDouble.of(random.nextInt(50) == 0 ? 80 : millis));
    }
    observe(60, 1, OptionalDouble.of(4.5));

    assertThat(pacer.ratio()).isZero();
  }

  @Test
  void aSignalThatCannotBeReadHoldsThePace() {
    observe(5, CORES, OptionalDouble.of(2));
    double before = pacer.ratio();

    observe(10, 1, UNREAD);
    assertThat(pacer.ratio()).as("commit").isEqualTo(before);
    observe(10, -1, OptionalDouble.of(2));
    assertThat(pacer.ratio()).as("sessions").isEqualTo(before);
  }

  @Test
  void aRoleThatMayNotSeeTheSessionsOfOthersPacesByTheCommitsAlone() {
    observe(10, -1, OptionalDouble.of(2));
    assertThat(pacer.ratio()).isZero();

    observe(5, -1, OptionalDouble.of(20));
    assertThat(pacer.ratio()).isPositive();
    observe(100, -1, OptionalDouble.of(2));
    assertThat(pacer.ratio()).isZero();
  }

  @Test
  void aSignalThatIsLostForGoodDoesNotHoldItForEver() {
    observe(20, CORES, OptionalDouble.of(2));
    observe(300, 1, UNREAD);

    assertThat(pacer.ratio()).isZero();
  }

  @Test
  void pressureCountsEvenIfTheOtherSignalCannotBeRead() {
    observe(1, 1, OptionalDouble.of(2));
    observe(3, CORES, UNREAD);

    assertThat(pacer.ratio()).isPositive();
  }

  @Test
  void unknownProcessorsLeaveTheCommitTime() {
    for (int i = 0; i < 30; i++) {
      pacer.observed(reading(100, 0, OptionalDouble.of(2)));
    }
    assertThat(pacer.ratio()).isZero();
    pacer.observed(reading(100, 0, OptionalDouble.of(9)));
    assertThat(pacer.ratio()).isPositive();
  }

  private void observe(int times, int activeOthers, OptionalDouble commitMillis) {
    for (int i = 0; i < times; i++) {
      pacer.observed(reading(activeOthers, CORES, commitMillis));
    }
  }

  private static LoadReading reading(int activeOthers, int cores, OptionalDouble commitMillis) {
    return new LoadReading(activeOthers, 0, cores, 1, commitMillis);
  }

  private void observe(int times, int activeOthers, double transactions, int workers) {
    for (int i = 0; i < times; i++) {
      pacer.observed(new LoadReading(activeOthers, transactions, 2, workers, UNREAD));
    }
  }

  @Test
  void takesASmallShareOfTheProcessorsBesideOthers() {
    observe(1, 0, 400, 1);
    assertThat(pacer.ratio()).as("one look proves little").isZero();
    observe(1, 0, 400, 1);
    double beside = pacer.ratio();
    assertThat(beside).as("statements too short to be seen at work").isGreaterThanOrEqualTo(4);

    observe(2, 0, 0, 1);
    assertThat(pacer.ratio()).isEqualTo(beside);
    observe(1, 0, 0, 1);
    assertThat(pacer.ratio()).as("alone again").isZero();

    observe(2, 1, 0, 1);
    assertThat(pacer.ratio()).as("a long statement").isEqualTo(beside);
  }

  @Test
  void restsMoreTheMoreBatchesRunAtOnce() {
    pacer.observed(new LoadReading(1, 400, 8, 1, UNREAD));
    pacer.observed(new LoadReading(1, 400, 8, 1, UNREAD));
    double one = pacer.ratio();

    pacer.observed(new LoadReading(1, 400, 8, 2, UNREAD));
    assertThat(pacer.ratio()).isGreaterThan(2 * one);
  }

  @Test
  void thePulseOfAMonitoringAgentIsNoApplication() {
    observe(10, 0, 5, 1);

    assertThat(pacer.ratio()).isZero();
  }
}
