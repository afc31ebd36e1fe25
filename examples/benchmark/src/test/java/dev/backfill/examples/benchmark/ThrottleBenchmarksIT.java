package dev.backfill.examples.benchmark;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The programs work; what they measure in seconds on a shared machine means nothing. */
class ThrottleBenchmarksIT {
  @TempDir private static Path folder;

  private static JsonNode results(String command, String... options) throws IOException {
    Path out = folder.resolve(command + ".json");
    String[] arguments = new String[options.length + 2];
    arguments[0] = command;
    arguments[1] = "--out=" + out;
    System.arraycopy(options, 0, arguments, 2, options.length);
    assertThat(Benchmark.run(arguments)).isZero();
    return new ObjectMapper().readTree(out.toFile());
  }

  @Test
  void measuresTheLagBehindASlowLink() throws IOException {
    JsonNode results =
        results(
            "slow-link",
            "--seconds=4",
            "--rows=60000",
            "--scenarios=changing",
            "--contenders=library,single-update,stop-go-gate");

    assertThat(results.get("runs"))
        .extracting(r -> r.get("contender").asText())
        .containsExactly("library", "single-update", "stop-go-gate");
    // Tens of megabytes do not fit through in these seconds.
    JsonNode single = results.get("runs").get(1);
    assertThat(single.get("lagMax").asDouble()).isGreaterThan(1);
    assertThat(single.get("linkUsed").asDouble()).isGreaterThan(0.5);
  }

  @Test
  void measuresWhatAnApplicationFeels() throws IOException {
    JsonNode results =
        results(
            "busy-primary",
            "--transactions=400",
            "--rounds=2",
            "--rows=20000",
            "--contenders=library-defaults,single-update");

    assertThat(results.get("arms"))
        .extracting(r -> r.get("arm").asText())
        .containsExactly("idle", "library-defaults", "single-update");
    assertThat(results.get("arms"))
        .allSatisfy(
            r -> {
              assertThat(r.get("transactions").asInt()).isGreaterThanOrEqualTo(400);
              assertThat(r.get("longest")).hasSize(2);
            });
    assertThat(results.get("aloneRowsPerSecond").get("single-update").asDouble()).isPositive();
  }

  @Test
  void measuresTheWaitForARow() throws IOException {
    JsonNode results =
        results("victim", "--seconds=2", "--rows=100000", "--contenders=single-update");

    assertThat(results.get("contenders").get(0).get("waits").asInt()).isPositive();
  }

  @Test
  void measuresTheStallsBehindDdl() throws IOException {
    JsonNode results = results("ddl-stalls", "--quick", "--reader-seconds=4");

    assertThat(results.get("runs"))
        .extracting(r -> r.get("situation").asText() + " " + r.get("contender").asText())
        .containsExactly(
            "reader library",
            "reader alter-table",
            "busy library",
            "busy alter-table",
            "autovacuum library",
            "autovacuum alter-table");
    assertThat(results.get("runs"))
        .allSatisfy(r -> assertThat(r.get("statements").asInt()).isPositive());
    // Who waits behind the reader's ALTER TABLE does so until the reader is gone.
    assertThat(results.get("runs").get(1).get("longestWait").asDouble()).isGreaterThan(1_000);
    assertThat(results.get("runs").get(0).get("columnAfter").asDouble()).isGreaterThan(1);
  }
}
