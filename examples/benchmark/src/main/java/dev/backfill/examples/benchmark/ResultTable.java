package dev.backfill.examples.benchmark;

import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Results as text, each beside the single UPDATE of the same table. */
final class ResultTable {
  private final List<Result> results;
  private final long tableRows;

  ResultTable(List<Result> results, long tableRows) {
    this.results = results;
    this.tableRows = tableRows;
  }

  @Override
  public String toString() {
    StringBuilder text =
        new StringBuilder(
            "%-10s %-16s %10s %10s %10s %10s %6s %7s %6s%n"
                .formatted(
                    "table",
                    "contender",
                    "rows/s",
                    "vs single",
                    "WAL MB",
                    "vs single",
                    "heap",
                    "indexes",
                    "HOT"));
    for (Result result : results) {
      text.append(line(result)).append(System.lineSeparator());
    }
    return text.append(
            "heap, indexes: size after / before; HOT: share of updates without index writes")
        .append(System.lineSeparator())
        .toString();
  }

  private String line(Result result) {
    Optional<Result> single = single(result.table());
    return String.format(
        Locale.ROOT,
        "%-10s %-16s %10.0f %10s %10.0f %10s %6.2f %7.2f %5.0f%%%s",
        result.table(),
        result.contender(),
        result.rowsPerSecond(),
        ratio(single.map(s -> result.rowsPerSecond() / s.rowsPerSecond())),
        result.walBytes() / 1e6,
        ratio(single.map(s -> (double) result.walBytes() / s.walBytes())),
        result.heapRatio(),
        result.indexRatio(),
        100 * result.hotShare(),
        result.rows() < tableRows
            ? "  cut after %d%% of the rows".formatted(100 * result.rows() / tableRows)
            : "");
  }

  private Optional<Result> single(String table) {
    return results.stream()
        .filter(r -> r.table().equals(table) && r.contender().equals(SingleUpdate.NAME))
        .findFirst();
  }

  private static String ratio(Optional<Double> ratio) {
    return ratio.map(r -> String.format(Locale.ROOT, "%.2fx", r)).orElse("-");
  }
}
