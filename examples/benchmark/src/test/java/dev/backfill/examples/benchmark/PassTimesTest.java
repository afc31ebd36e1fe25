package dev.backfill.examples.benchmark;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backfill.event.BackfillEvent;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class PassTimesTest {
  private final PassTimes passes = new PassTimes();

  @Test
  void addsUpTheBatchesOfEachPass() {
    batch(0, 100, 0, Duration.ofMillis(2));
    batch(1, 200, 150, Duration.ofMillis(1));
    batch(1, 200, 50, Duration.ofMillis(1));

    assertThat(passes.table().lines().toList())
        .endsWith("   1       100     0%     20.00", "   2       400    50%      5.00");
  }

  @Test
  void saysNothingWithoutBatches() {
    assertThat(passes.table()).isEmpty();
  }

  private void batch(int stripe, long rows, long hotRows, Duration took) {
    passes.onEvent(
        new BackfillEvent.BatchCommitted("run", 1, stripe, rows, rows, hotRows, 0, took));
  }
}
