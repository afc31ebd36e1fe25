package dev.backfill.examples.benchmark;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Path;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BenchmarkIT {
  private static final int ROWS = 3_000;

  @TempDir private static Path folder;

  private static JsonNode results;

  @BeforeAll
  static void run() throws Exception {
    Path out = folder.resolve("figures/benchmark.json");
    assertThat(Benchmark.run("--rows", "" + ROWS, "--repeat", "2", "--out", out.toString()))
        .isZero();
    results = new ObjectMapper().readTree(out.toFile());
  }

  @Test
  void measuresEachContenderOnEachTable() {
    assertThat(results)
        .extracting(r -> r.get("table").asText() + " " + r.get("contender").asText())
        .containsExactly(
            "3-indexes single-update",
            "3-indexes keyset-loop",
            "3-indexes limit-loop",
            "3-indexes plpgsql-stripes",
            "3-indexes library-1",
            "3-indexes library-2",
            "8-indexes single-update",
            "8-indexes keyset-loop",
            "8-indexes limit-loop",
            "8-indexes plpgsql-stripes",
            "8-indexes library-1",
            "8-indexes library-2");
  }

  @Test
  void everyContenderFillsEveryRow() {
    assertThat(results).allSatisfy(r -> assertThat(r.get("rows").asInt()).isEqualTo(ROWS));
  }

  @Test
  void givesEveryFigure() {
    assertThat(results)
        .allSatisfy(
            r -> {
              assertThat(r.fieldNames())
                  .toIterable()
                  .containsExactly(
                      "table",
                      "contender",
                      "rows",
                      "rowsPerSecond",
                      "walBytes",
                      "heapRatio",
                      "hotShare",
                      "indexRatio");
              assertThat(r.get("rowsPerSecond").asDouble()).isPositive();
              assertThat(r.get("walBytes").asLong()).isGreaterThan(ROWS);
              assertThat(r.get("heapRatio").asDouble()).isBetween(1.0, 3.0);
              assertThat(r.get("hotShare").asDouble()).isBetween(0.0, 1.0);
              assertThat(r.get("indexRatio").asDouble()).isBetween(0.9, 4.0);
            });
  }

  @Test
  void stripesUpdateMostRowsInPlace() {
    assertThat(hotShareOf("plpgsql-stripes")).isGreaterThan(0.6);
    assertThat(hotShareOf("single-update")).isLessThan(0.1);
  }

  private static double hotShareOf(String contender) {
    return StreamSupport.stream(results.spliterator(), false)
        .filter(r -> r.get("contender").asText().equals(contender))
        .mapToDouble(r -> r.get("hotShare").asDouble())
        .min()
        .orElseThrow();
  }
}
