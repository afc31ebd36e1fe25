package dev.backfill.throttle;

import java.time.InstantSource;
import java.time.LocalTime;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Locale;

/** Open from one time of the day until before another, over midnight too: 0 when open, else 1. */
record Hours(ZoneId zone, LocalTime from, LocalTime to, InstantSource clock) implements Signal {
  private static final DateTimeFormatter WHEN =
      DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm", Locale.ROOT);

  Hours {
    if (from.equals(to)) {
      throw new IllegalArgumentException(
          "hours: from "
              + from
              + " to "
              + to
              + " are hours that never come; leave hours(...) out to"
              + " run at any time");
    }
  }

  @Override
  public String name() {
    return "hours";
  }

  @Override
  public double limit() {
    return 1;
  }

  @Override
  public Reading read(SignalContext context) {
    return now();
  }

  Reading now() {
    ZonedDateTime now = clock.instant().atZone(zone);
    LocalTime time = now.toLocalTime();
    boolean begun = !time.isBefore(from);
    boolean over = !time.isBefore(to);
    boolean open = from.isBefore(to) ? begun && !over : begun || !over;
    if (open) {
      return Reading.of(0);
    }
    // Where clocks skip that time it opens after the gap.
    ZonedDateTime today = now.with(from);
    ZonedDateTime opens = today.isAfter(now) ? today : now.plusDays(1).with(from);
    return Reading.of(1, "opens at " + WHEN.format(opens) + " " + zone);
  }
}
