package dev.backfill.throttle;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class WalRateTest {
  private static final long SECOND = 1_000_000_000L;

  private final WalRate rate = new WalRate(1_000);

  @Test
  void hasNoValueBeforeTheSecondReading() {
    assertThat(rate.sampled(7 * SECOND, 500)).isEqualTo(Reading.pending());
    assertThat(rate.sampled(9 * SECOND, 2_500)).isEqualTo(Reading.of(1_000));
  }

  @Test
  void isThatOfTheLastSeconds() {
    for (int second = 0; second <= 10; second++) {
      rate.sampled(second * SECOND, 100);
    }

    assertThat(rate.sampled(11 * SECOND, 5_100)).isEqualTo(Reading.of(1_000));
    assertThat(rate.sampled(12 * SECOND, 5_100)).isEqualTo(Reading.of(1_000));
    for (int second = 13; second < 16; second++) {
      rate.sampled(second * SECOND, 5_100);
    }
    assertThat(rate.sampled(16 * SECOND, 5_100)).isEqualTo(Reading.of(0));
  }

  @Test
  void spansALongGapBetweenReadings() {
    rate.sampled(0, 0);

    assertThat(rate.sampled(60 * SECOND, 60_000)).isEqualTo(Reading.of(1_000));
  }

  @Test
  void beginsAnewOnAnotherServer() {
    rate.sampled(0, 5_000);
    assertThat(rate.sampled(SECOND, 400)).isEqualTo(Reading.pending());
    assertThat(rate.sampled(2 * SECOND, 500)).isEqualTo(Reading.of(100));
  }

  @Test
  void runsInParallelDoNotShareWhatTheyRemember() {
    Signal shared = Throttles.walRate(1_000);

    assertThat(shared.forRun()).isNotSameAs(shared.forRun());
    assertThat(shared.forRun().limit()).isEqualTo(1_000);
  }
}
