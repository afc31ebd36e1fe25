package dev.backfill.examples.benchmark;

import static dev.backfill.examples.benchmark.BenchTables.THREE_INDEXES;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine.ExitCode;

class ReportTest {
  @TempDir private Path folder;

  private Path json;
  private Path document;

  @BeforeEach
  void write() throws Exception {
    json = folder.resolve("benchmark.json");
    document = folder.resolve("performance.md");
    ResultFile.write(
        json,
        List.of(
            Results.measured(
                Results.of(THREE_INDEXES, SingleUpdate.NAME, 50_000, 8_000_000, 2.06),
                Results.of(THREE_INDEXES, "library-1", 90_000, 4_000_000, 1.25))));
  }

  private int report() {
    return Benchmark.run(
        "report", "--from=" + json, "--into=" + document, "--plots=" + folder.resolve("plots"));
  }

  @Test
  void replacesWhatStandsBetweenTheMarks() throws Exception {
    Files.writeString(
        document, "before\n<!-- benchmark: begin -->\nold\n<!-- benchmark: end -->\nafter\n");

    assertThat(report()).isZero();
    assertThat(report()).isZero();
    assertThat(Files.readString(document))
        .startsWith(
            "before\n<!-- benchmark: begin -->\n\n1,000 rows, medians of 3, PostgreSQL 18.6")
        .containsOnlyOnce(
            "| 3-indexes | library-1 | 90,000 | 1.80 | 0.50 | 1.25 | 1.50 | 75 % | 40 | 2.5 |\n")
        .contains("| 3-indexes | library-1 / single-update, rows/s | >= 1.8 | 1.80 | reached |\n")
        .doesNotContain("old")
        .endsWith("\n<!-- benchmark: end -->\nafter\n");
    assertThat(folder.resolve("plots/speed.png")).isNotEmptyFile();
  }

  @Test
  void leavesADocumentWithoutMarksAlone() throws Exception {
    Files.writeString(document, "no place for tables\n");

    assertThat(report()).isEqualTo(ExitCode.USAGE);
    assertThat(document).hasContent("no place for tables\n");
  }
}
