package dev.backfill.examples.benchmark;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Path;
import org.assertj.core.data.Percentage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RehearsalBenchmarkIT {
  @TempDir private Path folder;

  @Test
  void predictsTheWalOfARun() throws Exception {
    Path out = folder.resolve("rehearse.json");
    assertThat(
            Benchmark.run(
                "rehearse", "--rows", "80000", "--tables", "3-indexes", "--out", out.toString()))
        .isZero();

    JsonNode result = new ObjectMapper().readTree(out.toFile()).get(0);
    assertThat(result.get("table").asText()).isEqualTo("3-indexes");
    assertThat(result.get("predicted").get("walBytes").asLong())
        .isCloseTo(result.get("real").get("walBytes").asLong(), Percentage.withPercentage(20));
    assertThat(result.get("predicted").get("seconds").asDouble()).isPositive();
    assertThat(result.get("reasons")).isNotEmpty();
  }
}
