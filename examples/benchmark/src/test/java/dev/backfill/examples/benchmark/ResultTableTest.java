package dev.backfill.examples.benchmark;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class ResultTableTest {
  private static final Result SINGLE =
      new Result("3-indexes", SingleUpdate.NAME, 1_000, 50_000, 8_000_000, 2.06, 0, 1.1);

  @Test
  void standsBesideTheSingleUpdateOfTheSameTable() {
    Result twice = new Result("3-indexes", "twice", 1_000, 100_000, 4_000_000, 1.25, 0.75, 1.5);
    Result alone = new Result("8-indexes", "alone", 1_000, 100_000, 4_000_000, 1.25, 0.75, 1.5);

    assertThat(new ResultTable(List.of(SINGLE, twice, alone), 1_000).toString())
        .containsPattern("twice +100000 +2.00x +4 +0.50x +1.25 +1.50 +75%")
        .containsPattern("alone +100000 +- +4 +- +1.25 +1.50 +75%")
        .doesNotContain("cut");
  }

  @Test
  void marksWhatWasCut() {
    Result slow = new Result("3-indexes", "slow", 250, 1_000, 4_000_000, 1.25, 0, 1.5);

    assertThat(new ResultTable(List.of(SINGLE, slow), 1_000).toString())
        .containsPattern("slow .* cut after 25% of the rows");
  }
}
