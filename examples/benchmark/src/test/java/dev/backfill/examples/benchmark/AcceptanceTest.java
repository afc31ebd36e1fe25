package dev.backfill.examples.benchmark;

import static dev.backfill.examples.benchmark.BenchTables.FILLFACTOR_80;
import static dev.backfill.examples.benchmark.BenchTables.THREE_INDEXES;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class AcceptanceTest {
  private static final List<Contender> ALL = Contenders.all(table -> Duration.ZERO);

  @Test
  void judgesEachBoundThatWasMeasured() {
    Measurement measurement =
        Results.measured(
            Results.of(THREE_INDEXES, SingleUpdate.NAME, 50_000, 8_000_000, 2.06),
            Results.of(THREE_INDEXES, "library-1", 90_000, 4_000_000, 1.27),
            Results.of(THREE_INDEXES, SpringBatch.name(10_000), 20_000, 8_000_000, 2),
            Results.of(FILLFACTOR_80, "library-1", 100_000, 4_000_000, 1.06),
            Results.of(FILLFACTOR_80, "library-1-no-stripes", 20_000, 4_000_000, 1.9));

    assertThat(Acceptance.judge(List.of(measurement)))
        .extracting(v -> v.table() + ", " + v.what() + " " + v.bound() + ": " + v.reached())
        .containsExactly(
            "3-indexes, library-1 / single-update, rows/s >= 1.8: true",
            "3-indexes, library-1 / single-update, WAL <= 0.6: true",
            "3-indexes, library-1, heap after / before <= 1.27: true",
            "3-indexes, library-1 / spring-batch-10000, rows/s >= 5.0: false",
            "fillfactor-80, library-1 / library-1-no-stripes, rows/s >= 3.0: true",
            "fillfactor-80, library-1, heap after / before <= 1.05: false");
  }

  @Test
  void judgesSpeedByTheRoundsAndNotByTheirMedians() {
    Measurement measurement =
        Results.measured(
            Results.ofRounds(SingleUpdate.NAME, 50, 60, 20),
            Results.ofRounds("library-1", 100, 60, 80));

    assertThat(Acceptance.judge(List.of(measurement)))
        .filteredOn(v -> v.what().equals("library-1 / single-update, rows/s"))
        .singleElement()
        .satisfies(
            verdict -> {
              assertThat(verdict.measured()).isEqualTo(2);
              assertThat(verdict.reached()).isTrue();
            });
  }

  @Test
  void measuresWhatItJudges() {
    Map<BenchTable, List<Contender>> plan = Acceptance.inMemory(ALL);
    assertThat(plan.keySet())
        .extracting(BenchTable::name)
        .containsExactly("3-indexes", "8-indexes", "fillfactor-80", "pgbench_accounts");
    assertThat(plan.get(THREE_INDEXES))
        .extracting(Contender::name)
        .containsExactly(
            "single-update",
            "spring-batch-1000",
            "spring-batch-10000",
            "plpgsql-stripes",
            "library-1",
            "library-2");
    assertThat(Acceptance.outOfMemory(ALL).values())
        .singleElement()
        .satisfies(
            contenders ->
                assertThat(contenders)
                    .extracting(Contender::name)
                    .containsExactly("single-update", "library-1", "library-2"));
  }
}
