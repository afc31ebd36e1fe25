package dev.backfill.examples.benchmark;

import java.util.Locale;

/**
 * What was seen at one moment.
 *
 * @param second since the contender began
 * @param lagSeconds the age of the newest heartbeat on the standby
 * @param linkBytes how many bytes have come through the link
 * @param linkRate how many may come in a second
 * @param walBytes the primary's insert position
 * @param paused whether replay stands still
 */
record LinkSample(
    double second,
    double lagSeconds,
    long linkBytes,
    double linkRate,
    long walBytes,
    boolean paused) {
  static final String CSV_HEADER = "second,lag_seconds,link_bytes,link_rate,wal_bytes,paused";

  String csv() {
    return String.format(
        Locale.ROOT,
        "%.3f,%.3f,%d,%.0f,%d,%b",
        second,
        lagSeconds,
        linkBytes,
        linkRate,
        walBytes,
        paused);
  }
}
