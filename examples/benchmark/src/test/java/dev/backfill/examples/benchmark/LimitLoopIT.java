package dev.backfill.examples.benchmark;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class LimitLoopIT {
  @Test
  void stopsBetweenTwoBatchesWhenItsTimeIsUp() throws Exception {
    try (BenchServer server = BenchServer.start()) {
      BenchTable.createSource(server.dataSource(), 3_000);
      Sample sample =
          new Meter(server.dataSource())
              .measure(new LimitLoop(table -> Duration.ZERO), BenchTable.ALL.get(0));

      assertThat(sample.rows()).isEqualTo(1_000);
    }
  }
}
