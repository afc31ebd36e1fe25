package dev.backfill.examples.benchmark;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine.ExitCode;

class OptionsTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "--contenders=other",
        "--tables=other",
        "--rows=0",
        "--repeat=0",
        "--rows=many",
        "--traffic=-1",
        "--shared-buffers=some",
        "--acceptance --tables=wide"
      })
  void refusesWhatItCannotMeasure(String option) {
    assertThat(Benchmark.run(option.split(" "))).isEqualTo(ExitCode.USAGE);
  }

  @Test
  void writesIntoTheTargetFolderByDefault() {
    assertThat(ResultFile.byDefault("benchmark.json"))
        .isAbsolute()
        .endsWithRaw(Path.of("target/benchmark.json"));
  }
}
