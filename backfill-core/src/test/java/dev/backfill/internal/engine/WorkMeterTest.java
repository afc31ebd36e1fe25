package dev.backfill.internal.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.backfill.event.BackfillEvent.BatchCommitted;
import java.time.Duration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class WorkMeterTest {
  private static final long SECOND = 1_000_000_000L;
  private static final long WINDOW = 7;
  private static final int STRIPES = 8;
  private static final long ROWS = 80_000;

  private final WorkMeter meter = new WorkMeter();
  private long now;

  @BeforeEach
  void begin() {
    meter.begin(now);
  }

  @Test
  @DisplayName("A slow first pass is most of the work and does not look stuck")
  void firstPassIsMostOfTheWork() {
    meter.claimed(WINDOW, STRIPES);
    firstPass(10);

    // 10,000 of 80,000 rows, but 90 MB of 90 + 14 MB, the later ones by a guess.
    assertThat(meter.share(ROWS)).isCloseTo(90.0 / 104, within(0.01));
  }

  @Test
  @DisplayName("The time left is that of the work, not of the rows")
  void timeLeft() {
    meter.claimed(WINDOW, STRIPES);
    firstPass(10);
    laterRows(10_000, 1);

    // 12 MB are left at (90 + 2) MB in 11 s.
    assertThat(meter.remaining(now, ROWS).orElseThrow())
        .isBetween(Duration.ofMillis(1_300), Duration.ofMillis(1_600));
    assertThat(meter.rowsPerSecond(now)).isCloseTo(20_000 / 11.0, within(1.0));
  }

  @Test
  void withoutStripesWorkIsRows() {
    meter.claimed(WINDOW, 1);
    commit(0, ROWS / 4, 5_000, 3);

    assertThat(meter.share(ROWS)).isCloseTo(0.25, within(1e-6));
    assertThat(meter.remaining(now, ROWS)).contains(Duration.ofSeconds(9));
  }

  @Test
  @DisplayName("The rate is that of the last minute; while nothing moves nothing is promised")
  void recentPast() {
    meter.claimed(WINDOW, 1);
    commit(0, 10_000, 1_000, 1);
    now += 200 * SECOND;
    commit(0, 100, 1_000, 1);
    now += 30 * SECOND;
    assertThat(meter.rowsPerSecond(now)).isLessThan(10);
    now += 100 * SECOND;

    assertThat(meter.remaining(now, ROWS)).isEmpty();
  }

  @Test
  void moreRowsThanStatisticsSaidAreNeverMoreThanAll() {
    meter.claimed(WINDOW, 1);
    commit(0, 2 * ROWS, 100, 1);

    assertThat(meter.share(ROWS)).isEqualTo(1);
    assertThat(meter.share(0)).isZero();
    assertThat(meter.remaining(now, ROWS)).contains(Duration.ZERO);
  }

  @Test
  @DisplayName("WAL that is not known teaches nothing")
  void unknownWal() {
    meter.claimed(WINDOW, 1);
    commit(0, ROWS / 2, 0, 1);

    assertThat(meter.share(ROWS)).isCloseTo(0.5, within(1e-6));
  }

  private void firstPass(int seconds) {
    for (int i = 0; i < seconds; i++) {
      commit(0, ROWS / STRIPES / seconds, 9_000, 1);
    }
  }

  private void laterRows(long rows, int seconds) {
    commit(1, rows, 200, seconds);
  }

  private void commit(int stripe, long rows, long walPerRow, int seconds) {
    now += seconds * SECOND;
    meter.committed(
        now,
        new BatchCommitted(
            "run", WINDOW, stripe, rows, rows, 0, rows * walPerRow, Duration.ofSeconds(seconds)));
  }
}
