package dev.backfill.model;

import java.time.Duration;
import java.util.Locale;

/** A rehearsal as text. */
final class RehearsalText {
  private RehearsalText() {}

  static String of(Rehearsal rehearsal) {
    StringBuilder text = new StringBuilder();
    line(text, "Rehearsal of run %s on %s", rehearsal.run(), rehearsal.table());
    line(
        text,
        "  %s rows in %s (%s to %s), %s rows/s",
        count(rehearsal.rows()),
        time(rehearsal.duration()),
        time(rehearsal.shortest()),
        time(rehearsal.longest()),
        count(Math.round(rehearsal.rowsPerSecond())));
    line(
        text,
        "  %s of WAL; the table grows by %s; %.0f %% of the updates in place (HOT)",
        bytes(rehearsal.walBytes()),
        bytes(rehearsal.heapGrowthBytes()),
        100 * rehearsal.hotShare());
    line(
        text,
        "Measured on %s rows, copied (%s) and dropped again. It rests on:",
        count(rehearsal.sampledRows()),
        bytes(rehearsal.copiedBytes()));
    rehearsal.reasons().forEach(reason -> line(text, "  - %s", reason));
    return text.toString();
  }

  private static void line(StringBuilder text, String format, Object... arguments) {
    text.append(String.format(Locale.ROOT, format, arguments)).append('\n');
  }

  private static String count(long number) {
    return String.format(Locale.ROOT, "%,d", number);
  }

  private static String bytes(long bytes) {
    return bytes < 1_000_000_000L
        ? String.format(Locale.ROOT, "%.1f MB", bytes / 1e6)
        : String.format(Locale.ROOT, "%.2f GB", bytes / 1e9);
  }

  private static String time(Duration duration) {
    double seconds = duration.toMillis() / 1000.0;
    if (seconds < 120) {
      return String.format(Locale.ROOT, "%.1f s", seconds);
    }
    return seconds < 7200
        ? String.format(Locale.ROOT, "%.0f min", seconds / 60)
        : String.format(Locale.ROOT, "%.1f h", seconds / 3600);
  }
}
