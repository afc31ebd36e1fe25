package dev.backfill.throttle;

import java.time.InstantSource;
import java.time.LocalTime;
import java.time.ZoneId;

/** Hours of the day by a clock that a test sets. */
public final class SetHours {
  private SetHours() {}

  public static Signal hours(ZoneId zone, LocalTime from, LocalTime to, InstantSource clock) {
    return new Hours(zone, from, to, clock);
  }
}
