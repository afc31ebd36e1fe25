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

  private static JsonNode measurement;
  private static JsonNode results;

  @BeforeAll
  static void run() throws Exception {
    Path out = folder.resolve("figures/benchmark.json");
    assertThat(
            Benchmark.run(
                "--rows=" + ROWS,
                "--repeat=2",
                "--standby",
                "--shared-buffers=16MB",
                "--out=" + out))
        .isZero();
    JsonNode measurements = new ObjectMapper().readTree(out.toFile());
    assertThat(measurements).hasSize(1);
    measurement = measurements.get(0);
    results = measurement.get("results");
  }

  @Test
  void measuresEachContenderOnEachTable() {
    assertThat(results)
        .extracting(r -> r.get("table").asText() + " " + r.get("contender").asText())
        .containsExactly(
            "3-indexes single-update",
            "3-indexes keyset-1000",
            "3-indexes limit-loop",
            "3-indexes plpgsql-stripes",
            "3-indexes library-1",
            "3-indexes library-2",
            "8-indexes single-update",
            "8-indexes keyset-1000",
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
              assertThat(r.get("rounds")).hasSize(2);
              assertThat(r.get("deadTuples").asLong()).isPositive();
              assertThat(r.get("clientPeakHeapBytes").asLong()).isPositive();
              assertThat(r.get("tableBytes").asLong()).isGreaterThan(ROWS * 100);
              assertThat(r.get("rowsPerSecond").asDouble()).isPositive();
              assertThat(r.get("walBytes").asLong()).isGreaterThan(ROWS);
              assertThat(r.get("heapRatio").asDouble()).isBetween(1.0, 4.0);
              assertThat(r.get("hotShare").asDouble()).isBetween(0.0, 1.0);
              assertThat(r.get("indexRatio").asDouble()).isBetween(0.9, 4.0);
            });
  }

  @Test
  void tellsTheServerAndTheLagOfItsStandby() {
    assertThat(measurement.get("server").asText()).contains("shared_buffers 16MB");
    assertThat(results)
        .allSatisfy(r -> assertThat(r.get("lag").get("longest").asDouble()).isNotNegative());
  }

  @Test
  void tellsWhatAnApplicationFeltMeanwhile() throws Exception {
    Path out = folder.resolve("traffic/benchmark.json");
    assertThat(
            Benchmark.run(
                "--rows=100000",
                "--repeat=1",
                "--tables=8-indexes",
                "--contenders=single-update",
                "--traffic=200",
                "--out=" + out))
        .isZero();
    JsonNode traffic = new ObjectMapper().readTree(out.toFile()).get(0).get("results").get(0);
    assertThat(traffic.get("rows").asInt()).isEqualTo(100_000);
    assertThat(traffic.get("traffic").get("transactions").asInt()).isPositive();
    assertThat(traffic.get("traffic").get("longest").asDouble())
        .isGreaterThanOrEqualTo(traffic.get("traffic").get("p50").asDouble());
  }

  @Test
  void stripesUpdateMostRowsInPlace() {
    assertThat(hotShareOf("plpgsql-stripes")).isGreaterThan(0.5);
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
