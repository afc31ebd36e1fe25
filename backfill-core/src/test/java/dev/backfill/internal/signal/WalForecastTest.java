package dev.backfill.internal.signal;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class WalForecastTest {
  private static final long MB = 1L << 20;

  private final WalForecast forecast = new WalForecast(3);

  @Test
  void firstGuessesAPageForTheRowAndOneForEachIndex() {
    assertThat(forecast.perRow(true)).isEqualTo(4 * 7.8 * 1024);
    assertThat(forecast.perRow(false)).isEqualTo(1024);
  }

  @Test
  void predictsAFifthMoreThanMeasured() {
    forecast.committed(true, 100, 5_000_000);

    assertThat(forecast.perRow(true)).isEqualTo(60_000);
    assertThat(forecast.perRow(false)).isEqualTo(1024);
  }

  @Test
  void fallsByHalfAtMost() {
    forecast.committed(false, 1_000, 160_000);
    assertThat(forecast.perRow(false)).isEqualTo(512);
    forecast.committed(false, 1_000, 160_000);
    forecast.committed(false, 1_000, 160_000);
    assertThat(forecast.perRow(false)).isEqualTo(192);
  }

  @Test
  @DisplayName("S13: each window's first pass begins at the worst that was seen")
  void windowStarts() {
    forecast.committed(true, 100, 1_000_000);
    for (int i = 0; i < 10; i++) {
      forecast.committed(true, 1_000, 200_000);
      forecast.committed(false, 1_000, 160_000);
    }
    assertThat(forecast.perRow(true)).isEqualTo(240);

    forecast.windowStarted();

    assertThat(forecast.perRow(true)).isEqualTo(12_000);
    assertThat(forecast.perRow(false)).isEqualTo(192);
  }

  @Test
  @DisplayName("S13: after a checkpoint every pass expects full pages")
  void checkpointStarts() {
    forecast.committed(true, 100, 1_000_000);
    for (int i = 0; i < 10; i++) {
      forecast.committed(true, 1_000, 200_000);
      forecast.committed(false, 1_000, 160_000);
    }

    forecast.checkpointStarted();

    assertThat(forecast.perRow(true)).isEqualTo(12_000);
    assertThat(forecast.perRow(false)).as("one heap page a row").isEqualTo(7.8 * 1024);
  }

  @Test
  @DisplayName("S13: batches that ran when a checkpoint began do not tell what rows cost after it")
  void batchesThatRanAtACheckpoint() {
    forecast.rows(false, MB, 2);
    forecast.checkpointStarted();
    forecast.committed(false, 1_000, 160_000);
    forecast.committed(false, 1_000, 160_000);
    assertThat(forecast.perRow(false)).isEqualTo(7.8 * 1024);

    forecast.committed(false, 1_000, 160_000);
    assertThat(forecast.perRow(false)).isEqualTo(3.9 * 1024);
  }

  @Test
  void afterACheckpointALaterPassWritesNoMoreThanTheFirstEverDid() {
    forecast.committed(true, 1_000, 1_000_000);
    forecast.checkpointStarted();

    assertThat(forecast.perRow(false)).isEqualTo(1_200);
  }

  @Test
  void afterACheckpointALaterPassExpectsWhatItOnceWrote() {
    forecast.committed(false, 100, 1_000_000);
    for (int i = 0; i < 10; i++) {
      forecast.committed(false, 1_000, 160_000);
    }
    forecast.checkpointStarted();

    assertThat(forecast.perRow(false)).isEqualTo(12_000);
  }

  @Test
  void aBatchMakesAQuarterOfTheWindowSharedByTheWorkers() {
    forecast.committed(true, 1, 10_000_000 / 1_200);
    double perRow = forecast.perRow(true);

    assertThat(forecast.rows(true, 40 * MB, 1)).isEqualTo((int) (10 * MB / perRow));
    assertThat(forecast.rows(true, 40 * MB, 4)).isEqualTo((int) (10 * MB / perRow / 4));
  }

  @Test
  void aBatchMakesAtLeastSixtyFourKilobytesOrTwentyRows() {
    forecast.committed(false, 100, 50_000);

    assertThat(forecast.rows(false, 1, 1)).isEqualTo((int) (65_536 / 600.0));
    assertThat(forecast.rows(true, 1, 8)).isEqualTo(20);
  }

  @Test
  void withoutAWindowOnlyTimeLimitsABatch() {
    assertThat(forecast.rows(true, Long.MAX_VALUE, 2)).isEqualTo(Integer.MAX_VALUE);
  }

  @Test
  void batchesWithoutRowsOrWithoutAMeasureTeachNothing() {
    forecast.committed(true, 0, 1_000);
    forecast.committed(true, 10, 0);
    forecast.committed(true, 10, -1);

    assertThat(forecast.perRow(true)).isEqualTo(4 * 7.8 * 1024);
  }
}
