package dev.backfill.examples.benchmark;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Measurements as they stand in a document. */
final class Markdown {
  private Markdown() {}

  static String of(List<Measurement> measurements) {
    List<String> lines = new ArrayList<>();
    for (Measurement measurement : measurements) {
      if (!lines.isEmpty()) {
        lines.add("");
      }
      lines.add(
          String.format(
              Locale.ROOT,
              "%,d rows, medians of %d, %s.%s",
              measurement.rows(),
              measurement.rounds(),
              measurement.server(),
              measurement.transactionsPerSecond() == 0
                  ? ""
                  : " An application beside it makes "
                      + measurement.transactionsPerSecond()
                      + " transactions a second."));
      lines.add("");
      lines.addAll(table(measurement));
    }
    return String.join("\n", lines) + "\n";
  }

  private static List<String> table(Measurement measurement) {
    boolean traffic = measurement.results().stream().anyMatch(r -> r.traffic() != null);
    boolean lag = measurement.results().stream().anyMatch(r -> r.lag() != null);
    List<String> header =
        new ArrayList<>(
            List.of(
                "table",
                "contender",
                "rows/s",
                "vs single",
                "WAL vs single",
                "heap after / before",
                "indexes",
                "HOT",
                "dead rows",
                "client CPU s"));
    if (traffic) {
      header.addAll(List.of("p50 ms", "p99 ms", "p99.9 ms", "longest ms"));
    }
    if (lag) {
      header.addAll(List.of("lag p95 s", "longest s"));
    }
    List<String> lines = new ArrayList<>();
    lines.add(row(header));
    lines.add(row(Collections.nCopies(header.size(), "---")).replace(" ", ""));
    for (Result result : measurement.results()) {
      lines.add(row(cells(measurement, result)));
    }
    return lines;
  }

  private static List<String> cells(Measurement measurement, Result result) {
    List<String> cells = new ArrayList<>();
    cells.add(result.table());
    cells.add(
        result.contender()
            + result.cutAfterPercent().map(" (cut after %d %%)"::formatted).orElse(""));
    cells.add(number("%,.0f", result.rowsPerSecond()) + spread(result.rounds()));
    cells.add(ratio(measurement.speedup(result)));
    cells.add(ratio(measurement.walRatio(result)));
    cells.add(number("%.2f", result.heapRatio()));
    cells.add(number("%.2f", result.indexRatio()));
    cells.add(number("%.0f %%", 100 * result.hotShare()));
    cells.add(String.format(Locale.ROOT, "%,d", result.deadTuples()));
    cells.add(number("%.1f", result.clientCpuSeconds()));
    TrafficResult traffic = result.traffic();
    if (traffic != null) {
      cells.add(number("%.1f", traffic.p50()));
      cells.add(number("%.1f", traffic.p99()));
      cells.add(number("%.1f", traffic.p999()));
      cells.add(number("%.0f", traffic.longest()));
    }
    LagResult lag = result.lag();
    if (lag != null) {
      cells.add(number("%.1f", lag.p95()));
      cells.add(number("%.1f", lag.longest()));
    }
    return cells;
  }

  /** The slowest and the fastest round. */
  private static String spread(List<Double> rounds) {
    return rounds.size() == 1
        ? ""
        : String.format(
            Locale.ROOT, " (%,.0f to %,.0f)", Collections.min(rounds), Collections.max(rounds));
  }

  private static String ratio(Optional<Double> ratio) {
    return ratio.map(r -> number("%.2f", r)).orElse("");
  }

  private static String number(String form, double value) {
    return String.format(Locale.ROOT, form, value);
  }

  private static String row(List<String> cells) {
    return "| " + String.join(" | ", cells) + " |";
  }
}
