package dev.backfill.internal.signal;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class ThrottleSimulationTest {
  private static final int RUNS = 1_000;

  @Test
  @DisplayName("S1, S13, S14, S16: a thousand made-up runs keep what is promised")
  void aThousandRuns() {
    Map<Long, Object> brokenBySeed = new TreeMap<>();
    int beyondLimit = 0;
    for (long seed = 0; seed < RUNS; seed++) {
      SimulationVerdict verdict = new ThrottleSimulation(seed).run();
      if (!verdict.broken().isEmpty()) {
        brokenBySeed.put(seed, verdict.broken());
      }
      beyondLimit += verdict.longestDelay() > 1 ? 1 : 0;
    }

    assertThat(brokenBySeed).as("promises broken, by seed").isEmpty();
    assertThat(beyondLimit).as("runs that ever passed the limit").isLessThan(RUNS / 100);
  }
}
