package dev.backfill.examples.benchmark;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;
import org.knowm.xchart.BitmapEncoder;
import org.knowm.xchart.BitmapEncoder.BitmapFormat;
import org.knowm.xchart.CategoryChart;
import org.knowm.xchart.CategoryChartBuilder;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.internal.chartpart.Chart;
import org.knowm.xchart.style.Styler.LegendPosition;
import org.knowm.xchart.style.markers.SeriesMarkers;

/** Results as PNG files. */
final class Plot {
  private static final int WIDTH = 1000;
  private static final int HEIGHT = 500;

  /** A logarithmic axis has no place for nothing. */
  private static final double LEAST = 0.001;

  private Plot() {}

  /** The lag of each contender over time, beside the limit. */
  static void lag(
      Path file, LinkScenario scenario, Duration limit, Map<String, List<LinkSample>> curves) {
    double end =
        curves.values().stream()
            .flatMap(List::stream)
            .mapToDouble(LinkSample::second)
            .max()
            .orElse(1);
    double limitSeconds = limit.toMillis() / 1000.0;
    draw(
        file,
        "Link: " + scenario.name() + " " + scenario.megabytesPerSecond() + " MB/s",
        "seconds",
        "lag in seconds",
        false,
        chart -> {
          add(chart, "limit", new double[] {0, end}, new double[] {limitSeconds, limitSeconds});
          curves.forEach(
              (name, samples) ->
                  add(
                      chart,
                      name,
                      values(samples, LinkSample::second),
                      values(samples, LinkSample::lagSeconds)));
        });
  }

  /** The latency at each percentile, with more room the further out it is. */
  static void latencies(Path file, String title, Map<String, Latencies> curves) {
    draw(
        file,
        title,
        "one in so many transactions takes longer",
        "milliseconds",
        true,
        chart ->
            curves.forEach(
                (name, latencies) -> {
                  double[] oneIn =
                      IntStream.rangeClosed(0, 45)
                          .mapToDouble(i -> Math.pow(10, i / 10.0))
                          .filter(x -> x <= Math.max(1, latencies.count()))
                          .toArray();
                  double[] millis =
                      Arrays.stream(oneIn).map(x -> latencies.percentile(100 - 100 / x)).toArray();
                  add(chart, name, oneIn, millis);
                }));
  }

  /** Speed and WAL of every contender beside the single UPDATE, a group of bars for each table. */
  static void comparison(Path folder, List<Measurement> measurements) {
    bars(
        folder.resolve("speed"),
        "rows per second, single UPDATE = 1",
        measurements,
        Measurement::speedup);
    bars(
        folder.resolve("wal"),
        "WAL for a row, single UPDATE = 1",
        measurements,
        Measurement::walRatio);
  }

  private static void bars(
      Path file,
      String title,
      List<Measurement> measurements,
      BiFunction<Measurement, Result, Optional<Double>> figure) {
    Map<String, Map<String, Double>> byContender = new LinkedHashMap<>();
    Set<String> tables = new LinkedHashSet<>();
    for (Measurement measurement : measurements) {
      for (Result result : measurement.results()) {
        figure
            .apply(measurement, result)
            .ifPresent(
                value -> {
                  tables.add(result.table());
                  byContender
                      .computeIfAbsent(result.contender(), c -> new HashMap<>())
                      .put(result.table(), value);
                });
      }
    }
    if (byContender.isEmpty()) {
      return;
    }
    save(
        file,
        () -> {
          CategoryChart chart =
              new CategoryChartBuilder()
                  .width(WIDTH)
                  .height(HEIGHT)
                  .title(title)
                  .xAxisTitle("table")
                  .yAxisTitle("times")
                  .build();
          chart.getStyler().setLegendPosition(LegendPosition.OutsideE);
          byContender.forEach(
              (contender, values) ->
                  chart.addSeries(
                      contender,
                      List.copyOf(tables),
                      tables.stream().map(t -> values.getOrDefault(t, 0.0)).toList()));
          return chart;
        });
  }

  private interface Content {
    void addTo(XYChart chart);
  }

  private static void draw(
      Path file, String title, String x, String y, boolean logarithmic, Content content) {
    save(
        file,
        () -> {
          XYChart chart =
              new XYChartBuilder()
                  .width(WIDTH)
                  .height(HEIGHT)
                  .title(title)
                  .xAxisTitle(x)
                  .yAxisTitle(y)
                  .build();
          chart.getStyler().setLegendPosition(LegendPosition.OutsideE);
          chart.getStyler().setXAxisLogarithmic(logarithmic);
          chart.getStyler().setYAxisLogarithmic(true);
          content.addTo(chart);
          return chart;
        });
  }

  private static void save(Path file, Supplier<Chart<?, ?>> chart) {
    try {
      BitmapEncoder.saveBitmap(chart.get(), file.toString(), BitmapFormat.PNG);
    } catch (IOException | RuntimeException | LinkageError e) {
      // A JDK without its graphics libraries, or a machine without a font, still has the figures.
      System.err.println("No plot " + file + ": " + e);
    }
  }

  private static void add(XYChart chart, String name, double[] x, double[] y) {
    double[] drawable = Arrays.stream(y).map(v -> Math.max(v, LEAST)).toArray();
    chart.addSeries(name, x, drawable).setMarker(SeriesMarkers.NONE);
  }

  private static double[] values(List<LinkSample> samples, ToDoubleFunction<LinkSample> value) {
    return samples.stream().mapToDouble(value).toArray();
  }
}
