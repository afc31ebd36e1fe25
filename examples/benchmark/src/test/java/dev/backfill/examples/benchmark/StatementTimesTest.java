package dev.backfill.examples.benchmark;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class StatementTimesTest {
  @Test
  void addsUpStatementsOfOneFormInEachStep() {
    Stream<String> log =
        Stream.of(
            "contender~LOG:  duration: 2.500 ms  execute <unnamed>: UPDATE orders SET a = 'x' WHERE"
                + " id > 10",
            "\t  AND id <= 20",
            "contender~LOG:  duration: 1.500 ms  execute S_3: UPDATE  orders SET a = 'y' WHERE id >"
                + " 20",
            "contender~LOG:  duration: 0.250 ms  parse S_3: UPDATE orders SET a = 'y' WHERE id >"
                + " 20",
            "~LOG:  checkpoint starting: immediate force wait",
            "operator~LOG:  duration: 9.000 ms  statement: CHECKPOINT");

    assertThat(StatementTimes.of(log, "contender"))
        .containsExactly(
            new StatementTimes.Total("execute", "update orders set a = ? where id > ?", 2, 4.0),
            new StatementTimes.Total("parse", "update orders set a = ? where id > ?", 1, 0.25));
  }
}
