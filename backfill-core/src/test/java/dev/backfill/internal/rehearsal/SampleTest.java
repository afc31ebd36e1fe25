package dev.backfill.internal.rehearsal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.backfill.internal.postgres.TableInfo.Leaf;
import dev.backfill.model.RunFailedException;
import java.util.List;
import org.junit.jupiter.api.Test;

class SampleTest {
  // 50 rows of 160 bytes on a page.
  private static LeafFigures table(long rows) {
    long pages = rows / 50;
    return new LeafFigures(
        new Leaf(1, "public", "orders", 'r', rows, pages, 100, 1),
        pages * 8_192,
        List.of(),
        "",
        "id",
        1,
        1);
  }

  @Test
  void aSmallTableIsCopiedWhole() {
    assertThat(Sample.of(table(20_000), 1L << 30)).isEqualTo(new Sample(0, 400, 6_553_600));
  }

  @Test
  void ofALargeTableBlocksFromTheMiddleAre() {
    Sample sample = Sample.of(table(6_000_000), 1L << 30);

    assertThat(sample.blocks()).isEqualTo(12_000);
    assertThat(sample.firstBlock()).isEqualTo(54_000);
    assertThat(sample.end()).isEqualTo(66_000);
  }

  @Test
  void fewerAreWhereTheBoundIsLow() {
    Sample sample = Sample.of(table(6_000_000), 40_000_000);

    assertThat(sample.bytes()).isBetween(39_000_000L, 40_000_000L);
    assertThat(sample.blocks() * 8_192L).isBetween(19_000_000L, 20_008_192L);
  }

  @Test
  void tooFewAreRefusedWithTheBytesToAllow() {
    assertThatThrownBy(() -> Sample.of(table(6_000_000), 10_000_000))
        .isInstanceOf(RunFailedException.class)
        .hasMessageContaining("50,000 rows")
        .hasMessageContaining("may copy 10,000,000")
        .hasMessageContaining("rehearse(16384001)");
    assertThat(Sample.of(table(6_000_000), 16_384_001).blocks()).isEqualTo(1_000);
  }

  @Test
  void theWarmUpIsAPartOfIt() {
    LeafFigures figures = table(6_000_000);
    Sample sample = Sample.of(figures, 1L << 30);

    assertThat(sample.warmUp(figures).blocks()).isEqualTo(3_000);
    assertThat(Sample.of(table(20_000), 1L << 30).warmUp(table(20_000)).blocks()).isEqualTo(400);
  }
}
