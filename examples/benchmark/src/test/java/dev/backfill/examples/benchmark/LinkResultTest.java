package dev.backfill.examples.benchmark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class LinkResultTest {
  private static final LinkScenario CHANGING = LinkScenario.ALL.get(2);

  @Test
  void theLinkChangesInEqualParts() {
    assertThat(List.of(0.0, 39.9, 40.0, 80.0, 120.0, 161.0))
        .extracting(second -> CHANGING.rateAt(second, 160) / 1e6)
        .containsExactly(4.0, 4.0, 1.0, 8.0, 4.0, 4.0);
  }

  @Test
  void replayPausesInTheMiddleOfTheLastPart() {
    assertThat(List.of(133.9, 134.0, 145.9, 146.0))
        .extracting(second -> CHANGING.pausedAt(second, 160))
        .containsExactly(false, true, true, false);
    assertThat(List.of(12.9, 13.0, 14.9, 15.0))
        .extracting(second -> CHANGING.pausedAt(second, 16))
        .containsExactly(false, true, true, false);
    assertThat(LinkScenario.ALL.get(0).pausedAt(60, 120)).isFalse();
  }

  @Test
  void whatHappensInThePauseIsCountedApart() {
    List<LinkSample> samples = new ArrayList<>();
    for (int second = 0; second <= 100; second++) {
      boolean paused = second >= 60 && second < 70;
      // Half of the link is used, and none of it in the pause; a second above the limit after it.
      long bytes = 500_000L * (second <= 60 ? second : Math.max(60, second - 10));
      double lag = paused ? second - 60 : second == 70 ? 6 : 1;
      samples.add(new LinkSample(second, lag, bytes, 1_000_000, 1_000L * second, paused));
    }
    LinkResult result =
        LinkResult.of(
            CHANGING, new SingleUpdate(), Duration.ofSeconds(5), 100, 7, List.copyOf(samples));

    assertThat(result.linkUsed()).isCloseTo(0.5, within(0.01));
    assertThat(result.walInPause()).isEqualTo(10_000);
    assertThat(result.lagMax()).isEqualTo(9);
    assertThat(result.maxOutsidePause()).isEqualTo(6);
    assertThat(result.aboveLimit()).isBetween(0.0, 0.02);
    assertThat(result.lagP50()).isEqualTo(1);
  }
}
