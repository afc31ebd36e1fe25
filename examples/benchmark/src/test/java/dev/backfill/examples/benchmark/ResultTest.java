package dev.backfill.examples.benchmark;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ResultTest {
  @Test
  void comparesWithinARoundWhateverThePaceOfTheMachineInIt() {
    Result result = Results.ofRounds("library-1", 100, 60, 80);
    Result other = Results.ofRounds(SingleUpdate.NAME, 50, 60, 20);

    assertThat(result.timesAsFastAs(other)).isEqualTo(2);
    assertThat(Results.measured(other, result).speedup(result)).contains(2.0);
  }
}
