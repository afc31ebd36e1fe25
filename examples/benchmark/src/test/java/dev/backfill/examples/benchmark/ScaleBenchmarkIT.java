package dev.backfill.examples.benchmark;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ScaleBenchmarkIT {
  private static final int ROWS = 60_000;

  @TempDir private Path folder;

  @Test
  void fillsEveryRowFromASmallHeap() throws Exception {
    Path out = folder.resolve("scale.json");
    assertThat(Benchmark.run("scale", "--rows", "" + ROWS, "--out", out.toString())).isZero();

    JsonNode result = new ObjectMapper().readTree(out.toFile());
    assertThat(result.get("tenths"))
        .extracting(tenth -> tenth.get("rows").asInt())
        .satisfies(
            rows -> assertThat(rows.stream().mapToInt(r -> r).sum()).isEqualTo(ROWS),
            rows -> assertThat(rows).allMatch(r -> r > 0));
    assertThat(result.get("peakHeapBytes").asLong()).isBetween(1L, 64L << 20);
    assertThat(result.get("lastToFirstTime").asDouble()).isPositive();
  }
}
