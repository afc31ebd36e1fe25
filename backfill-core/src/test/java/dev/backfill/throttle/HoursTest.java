package dev.backfill.throttle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Instant;
import java.time.LocalTime;
import java.time.ZoneId;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HoursTest {
  private static final ZoneId BERLIN = ZoneId.of("Europe/Berlin");

  @ParameterizedTest
  @CsvSource({
    "09:00, 17:00, 2026-01-15T07:59:59Z, 1",
    "09:00, 17:00, 2026-01-15T08:00:00Z, 0",
    "09:00, 17:00, 2026-01-15T15:59:59Z, 0",
    "09:00, 17:00, 2026-01-15T16:00:00Z, 1",
    "22:00, 05:00, 2026-01-15T20:59:59Z, 1",
    "22:00, 05:00, 2026-01-15T21:00:00Z, 0",
    "22:00, 05:00, 2026-01-15T23:30:00Z, 0",
    "22:00, 05:00, 2026-01-16T03:59:59Z, 0",
    "22:00, 05:00, 2026-01-16T04:00:00Z, 1",
    "00:00, 12:00, 2026-01-15T23:00:00Z, 0",
    "12:00, 00:00, 2026-01-15T22:59:59Z, 0",
    "12:00, 00:00, 2026-01-15T23:00:00Z, 1",
  })
  void areOpenFromOneTimeUntilBeforeTheOther(
      LocalTime from, LocalTime to, Instant now, double value) {
    assertThat(read(from, to, now).value()).hasValue(value);
  }

  @ParameterizedTest
  @CsvSource({
    "22:00, 05:00, 2026-01-15T12:00:00Z, 2026-01-15 22:00",
    "09:00, 17:00, 2026-01-15T18:00:00Z, 2026-01-16 09:00",
    "09:00, 17:00, 2026-01-15T06:00:00Z, 2026-01-15 09:00",
    // Clocks go from 2:00 to 3:00 on that day.
    "02:30, 02:45, 2026-03-28T22:00:00Z, 2026-03-29 03:30",
    "02:30, 05:00, 2026-03-29T03:00:00Z, 2026-03-30 02:30",
  })
  void sayWhenTheyComeAgain(LocalTime from, LocalTime to, Instant now, String when) {
    assertThat(read(from, to, now).detail()).isEqualTo("opens at " + when + " Europe/Berlin");
  }

  @Test
  @DisplayName("Hours that never come are refused")
  void neverCome() {
    LocalTime nine = LocalTime.of(9, 0);
    assertThatThrownBy(() -> Throttles.hours(BERLIN, nine, nine))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("hours: from 09:00 to 09:00 are hours that never come");
  }

  @Test
  void openAndShutByTheLimitOfOne() {
    Signal hours = Throttles.hours(BERLIN, LocalTime.of(9, 0), LocalTime.of(10, 0));

    assertThat(hours.name()).isEqualTo("hours");
    assertThat(hours.limit()).isEqualTo(1);
    assertThat(hours.release()).isLessThan(1).isGreaterThanOrEqualTo(0);
  }

  private static Reading read(LocalTime from, LocalTime to, Instant now) {
    return new Hours(BERLIN, from, to, () -> now).now();
  }
}
