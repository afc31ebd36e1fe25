package dev.backfill.examples.benchmark;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class CutContendersIT {
  private static final int ROWS = 3_000;

  @Test
  void stopBetweenTwoBatchesWhenTheirTimeIsUp() throws Exception {
    try (BenchServer server = BenchServer.start()) {
      Meter meter = new Meter(new FreshTables(server, ROWS), Company.nobody(server, ROWS));
      Sample loop = meter.measure(new LimitLoop(table -> Duration.ZERO), BenchTables.THREE_INDEXES);
      Sample job =
          meter.measure(new SpringBatch(1_000, table -> Duration.ZERO), BenchTables.THREE_INDEXES);

      assertThat(List.of(loop.rows().right(), job.rows().right())).containsExactly(1_000L, 0L);
      assertThat(Result.of(BenchTables.THREE_INDEXES, "loop", List.of(loop)).cutAfterPercent())
          .contains(33L);
    }
  }
}
