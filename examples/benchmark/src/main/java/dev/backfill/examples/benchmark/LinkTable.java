package dev.backfill.examples.benchmark;

import java.util.Locale;

/** Results of the slow link as text. */
final class LinkTable {
  static final String HEADER =
      "%-12s %-14s %7s %9s %9s %8s %8s %8s %11s %11s %12s"
          .formatted(
              "scenario",
              "contender",
              "seconds",
              "rows",
              "link used",
              "lag p50",
              "lag p95",
              "lag max",
              "max outside",
              "above limit",
              "WAL in pause");

  private LinkTable() {}

  static String line(LinkResult result) {
    return String.format(
        Locale.ROOT,
        "%-12s %-14s %7.1f %9d %8.1f%% %8.2f %8.2f %8.2f %11.2f %10.1f%% %9.1f MB",
        result.scenario(),
        result.contender(),
        result.seconds(),
        result.rows(),
        100 * result.linkUsed(),
        result.lagP50(),
        result.lagP95(),
        result.lagMax(),
        result.maxOutsidePause(),
        100 * result.aboveLimit(),
        result.walInPause() / 1e6);
  }
}
