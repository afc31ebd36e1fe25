package dev.backfill.examples.benchmark;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class WhereBenchmarkIT {
  @Test
  void addsUpWhatTheServerLogs() throws Exception {
    List<StatementTimes.Total> totals =
        WhereBenchmark.fill(new KeysetLoop(1_000), BenchTables.THREE_INDEXES, 3_000).totals();

    assertThat(totals)
        .anySatisfy(
            total -> {
              assertThat(total.form()).isEqualTo("call keyset_loop(?)");
              assertThat(total.count()).isEqualTo(1);
              assertThat(total.millis()).isPositive();
            });
  }
}
