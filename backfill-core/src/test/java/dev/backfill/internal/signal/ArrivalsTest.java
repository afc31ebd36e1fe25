package dev.backfill.internal.signal;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ArrivalsTest {
  private static final long SECOND = 1_000_000_000L;

  private final Arrivals arrivals = new Arrivals();

  @Test
  void countsWhatIsNotOurs() {
    assertThat(arrivals.perSecond(0, 1_000_000, 0)).isZero();

    assertThat(arrivals.perSecond(2 * SECOND, 1_001_000, 25)).isEqualTo(450);
  }

  @Test
  void ourOwnWorkIsNobodyElse() {
    assertThat(arrivals.perSecond(0, 0, 0)).isZero();

    assertThat(arrivals.perSecond(SECOND, 620, 300)).isZero();
  }

  @Test
  void statisticsThatWereResetTellNothing() {
    assertThat(arrivals.perSecond(0, 1_000_000, 0)).isZero();

    assertThat(arrivals.perSecond(SECOND, 500, 0)).isZero();
    assertThat(arrivals.perSecond(2 * SECOND, 1_525, 0)).isEqualTo(1_000);
  }
}
