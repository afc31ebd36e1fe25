package dev.backfill.examples.quickstart;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class QuickstartIT {
  private static final int KILLED = 137;

  private record Ended(int exitCode, String output) {}

  private static Ended quickstart(String... arguments) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("-cp");
    command.add(System.getProperty("java.class.path"));
    command.add(Quickstart.class.getName());
    command.addAll(List.of(arguments));
    Path output = Files.createTempFile("quickstart", ".txt");
    Process process =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .start();
    int exitCode = process.waitFor();
    return new Ended(exitCode, Files.readString(output, StandardCharsets.UTF_8));
  }

  private static JsonNode summary() throws IOException {
    return new ObjectMapper().readTree(Target.folder().resolve("summary.json").toFile());
  }

  @Test
  void killedInMidRunGoesOnAtTheNextStart() throws Exception {
    Ended killed = quickstart("--rows", "200000", "--kill-after", "30%");
    assertThat(killed.output()).contains("Backfill plan", "SIGKILL");
    assertThat(killed.exitCode()).isEqualTo(KILLED);

    Ended resumed = quickstart();
    assertThat(resumed.output()).contains("Goes on with the run", "refused by the server");
    assertThat(resumed.exitCode()).isZero();
    assertThat(summary().get("wrongRows").asLong()).isZero();
    assertThat(summary().get("notNull").asBoolean()).isTrue();
    assertThat(summary().get("rows").asLong()).isBetween(150_000L, 201_000L);
  }

  @Test
  void saysInOneSentenceWhatIsWrongWithAnOption() throws Exception {
    Ended refused = quickstart("--kill-after", "soon");
    assertThat(refused.exitCode()).isEqualTo(2);
    assertThat(refused.output()).contains("--kill-after takes a share").doesNotContain("\tat ");
  }
}
