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
    assertThat(Sample.of(table(20_000), 1L << 30))
        .isEqualTo(new Sample(0, 400, 400, 20_000, 6_553_600));
  }

  @Test
  void ofALargeTableBlocksFromTheMiddleAre() {
    Sample sample = Sample.of(table(6_000_000), 1L << 30);

    assertThat(sample.blocks()).isEqualTo(12_000);
    assertThat(sample.firstBlock()).isEqualTo(54_000);
    assertThat(sample.rows()).isEqualTo(600_000);
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
  void whereItsBlocksAreEmptyOthersAreFarOnesFirst() {
    assertThat(Sample.of(table(6_000_000), 1L << 30).stretches())
        .startsWith(
            new Sample.Stretch(54_000, 66_000),
            new Sample.Stretch(90_000, 102_000),
            new Sample.Stretch(18_000, 30_000),
            new Sample.Stretch(114_000, 120_000),
            new Sample.Stretch(0, 6_000))
        .doesNotHaveDuplicates();
    assertThat(Sample.of(table(20_000), 1L << 30).stretches())
        .containsExactly(new Sample.Stretch(0, 400));
  }

  @Test
  void noBlockIsCopiedTwice() {
    for (long rows : new long[] {600_050, 900_000, 1_300_000, 2_000_000, 77_777_777}) {
      boolean[] copied = new boolean[(int) (rows / 50)];
      for (Sample.Stretch stretch : Sample.of(table(rows), 1L << 30).stretches()) {
        for (long block = stretch.from(); block < stretch.end(); block++) {
          assertThat(copied[(int) block]).isFalse();
          copied[(int) block] = true;
        }
      }
    }
  }

  @Test
  void halfOfTheRowsAreEnough() {
    Sample sample = Sample.of(table(6_000_000), 1L << 30);

    assertThat(sample.enough(299_999)).isFalse();
    assertThat(sample.enough(300_000)).isTrue();
    assertThat(Sample.of(table(50), 1L << 30).enough(0)).isFalse();
  }

  @Test
  void theWarmUpIsAPartOfIt() {
    LeafFigures figures = table(6_000_000);
    Sample sample = Sample.of(figures, 1L << 30);

    assertThat(sample.warmUp(figures).blocks()).isEqualTo(3_000);
    assertThat(Sample.of(table(20_000), 1L << 30).warmUp(table(20_000)).blocks()).isEqualTo(400);
  }
}
