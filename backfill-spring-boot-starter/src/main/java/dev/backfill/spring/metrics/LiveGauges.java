package dev.backfill.spring.metrics;

import dev.backfill.BackfillRun;
import dev.backfill.model.Progress;
import dev.backfill.model.SignalValue;
import dev.backfill.spring.RegisteredBackfill;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.MultiGauge.Row;
import io.micrometer.core.instrument.Tags;
import java.util.ArrayList;
import java.util.List;
import java.util.function.ToDoubleFunction;

/** What describes runs at work; registered anew when one of them, or a standby, comes or goes. */
final class LiveGauges {
  private static final double UNKNOWN = Double.NaN;

  private final MultiGauge progress;
  private final MultiGauge remaining;
  private final MultiGauge hotShare;
  private final MultiGauge waiting;
  private final MultiGauge values;
  private final MultiGauge limits;
  private List<Series> registered = List.of();

  /** One value of a signal of one run. */
  private record Source(String signal, String source) {
    static Source of(SignalValue value) {
      return new Source(value.signal(), value.source());
    }
  }

  private record Series(String name, BackfillRun run, List<Source> sources) {}

  LiveGauges(MeterRegistry registry) {
    progress = gauge(registry, "backfill.progress", "Estimated share of the work that is done");
    remaining =
        MultiGauge.builder("backfill.remaining")
            .description("Estimated time to the end of the phase BACKFILL")
            .baseUnit("seconds")
            .register(registry);
    hotShare = gauge(registry, "backfill.hot.share", "Share of updates that wrote no index");
    waiting = gauge(registry, "backfill.waiting", "1 while something holds the run back");
    values = gauge(registry, "backfill.signal.value", "What a signal shows, in its own unit");
    limits = gauge(registry, "backfill.signal.limit", "At which the signal lets no batch start");
  }

  private static MultiGauge gauge(MeterRegistry registry, String name, String description) {
    return MultiGauge.builder(name).description(description).register(registry);
  }

  /**
   * @param ended the name of one that has just ended, and is not to be described any more
   */
  synchronized void refresh(List<RegisteredBackfill> all, String ended) {
    List<Series> now = new ArrayList<>();
    for (RegisteredBackfill backfill : all) {
      if (!backfill.name().equals(ended)) {
        backfill.run().ifPresent(run -> now.add(series(backfill.name(), run)));
      }
    }
    if (!now.equals(registered)) {
      register(now);
      registered = now;
    }
  }

  private static Series series(String name, BackfillRun run) {
    return new Series(name, run, run.progress().signals().stream().map(Source::of).toList());
  }

  private void register(List<Series> series) {
    progress.register(rows(series, Progress::fraction), true);
    remaining.register(
        rows(series, p -> p.remaining().map(left -> left.toMillis() / 1e3).orElse(UNKNOWN)), true);
    hotShare.register(rows(series, p -> p.hotShare().orElse(UNKNOWN)), true);
    waiting.register(rows(series, p -> p.waitingFor().isPresent() ? 1 : 0), true);
    values.register(signals(series, SignalValue::value), true);
    limits.register(signals(series, SignalValue::limit), true);
  }

  private static List<Row<?>> rows(List<Series> series, ToDoubleFunction<Progress> value) {
    List<Row<?>> rows = new ArrayList<>();
    for (Series one : series) {
      rows.add(
          Row.of(
              Tags.of("backfill", one.name()),
              one.run(),
              run -> value.applyAsDouble(run.progress())));
    }
    return rows;
  }

  private static List<Row<?>> signals(List<Series> series, ToDoubleFunction<SignalValue> value) {
    List<Row<?>> rows = new ArrayList<>();
    for (Series one : series) {
      for (Source source : one.sources()) {
        Tags tags =
            Tags.of("backfill", one.name(), "signal", source.signal(), "source", source.source());
        rows.add(Row.of(tags, one.run(), run -> read(run, source, value)));
      }
    }
    return rows;
  }

  private static double read(BackfillRun run, Source source, ToDoubleFunction<SignalValue> value) {
    return run.progress().signals().stream()
        .filter(v -> Source.of(v).equals(source))
        .mapToDouble(value)
        .findFirst()
        .orElse(UNKNOWN);
  }
}
