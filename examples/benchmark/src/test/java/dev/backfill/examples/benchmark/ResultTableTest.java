package dev.backfill.examples.benchmark;

import static dev.backfill.examples.benchmark.BenchTables.EIGHT_INDEXES;
import static dev.backfill.examples.benchmark.BenchTables.THREE_INDEXES;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ResultTableTest {
  private static final Result SINGLE =
      Results.of(THREE_INDEXES, SingleUpdate.NAME, 50_000, 8_000_000, 2.06);

  private static String table(Result... results) {
    return new ResultTable(Results.measured(results)).toString();
  }

  @Test
  void standsBesideTheSingleUpdateOfTheSameTable() {
    assertThat(
            table(
                SINGLE,
                Results.of(THREE_INDEXES, "twice", 100_000, 4_000_000, 1.25),
                Results.of(EIGHT_INDEXES, "alone", 100_000, 4_000_000, 1.25)))
        .containsPattern("twice +100000 +2.00x +4 +0.50x +1.25 +1.50 +75% +40 +2.5 +3")
        .containsPattern("alone +100000 +- +4 +- +1.25 +1.50 +75%")
        .doesNotContain("cut");
  }

  @Test
  void marksWhatWasCutAndComparesItsWalByTheRow() {
    assertThat(table(SINGLE, Results.of(THREE_INDEXES, "slow", 250, 1_000, 4_000_000, 1.25)))
        .containsPattern("slow .* 2.00x .* cut after 25% of the rows");
  }
}
