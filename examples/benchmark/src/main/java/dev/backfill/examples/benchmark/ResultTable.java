package dev.backfill.examples.benchmark;

import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Results as text, each beside the single UPDATE of the same table. */
final class ResultTable {
  private final Measurement measurement;

  ResultTable(Measurement measurement) {
    this.measurement = measurement;
  }

  @Override
  public String toString() {
    StringBuilder text =
        new StringBuilder(
            "%-16s %-20s %9s %9s %9s %9s %5s %7s %5s %10s %7s %8s%n"
                .formatted(
                    "table",
                    "contender",
                    "rows/s",
                    "vs single",
                    "WAL MB",
                    "vs single",
                    "heap",
                    "indexes",
                    "HOT",
                    "dead rows",
                    "CPU s",
                    "peak MB"));
    List<Result> results = measurement.results();
    for (Result result : results) {
      text.append(line(result)).append(System.lineSeparator());
    }
    return text.append(
            "heap, indexes: size after / before; HOT: share of updates without index writes; CPU s,"
                + " peak MB: of the client")
        .append(System.lineSeparator())
        .toString();
  }

  private String line(Result result) {
    return String.format(
            Locale.ROOT,
            "%-16s %-20s %9.0f %9s %9.0f %9s %5.2f %7.2f %4.0f%% %10d %7.1f %8.0f",
            result.table(),
            result.contender(),
            result.rowsPerSecond(),
            ratio(measurement.speedup(result)),
            result.walBytes() / 1e6,
            ratio(measurement.walRatio(result)),
            result.heapRatio(),
            result.indexRatio(),
            100 * result.hotShare(),
            result.deadTuples(),
            result.clientCpuSeconds(),
            result.clientPeakHeapBytes() / 1e6)
        + traffic(result)
        + lag(result)
        + result.cutAfterPercent().map("  cut after %d%% of the rows"::formatted).orElse("");
  }

  private static String traffic(Result result) {
    TrafficResult traffic = result.traffic();
    return traffic == null
        ? ""
        : String.format(
            Locale.ROOT,
            "  traffic p50 %.1f p99 %.1f p99.9 %.1f longest %.1f ms",
            traffic.p50(),
            traffic.p99(),
            traffic.p999(),
            traffic.longest());
  }

  private static String lag(Result result) {
    LagResult lag = result.lag();
    return lag == null
        ? ""
        : String.format(Locale.ROOT, "  lag p95 %.1f longest %.1f s", lag.p95(), lag.longest());
  }

  private static String ratio(Optional<Double> ratio) {
    return ratio.map(r -> String.format(Locale.ROOT, "%.2fx", r)).orElse("-");
  }
}
