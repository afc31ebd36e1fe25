package dev.backfill.spring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.jayway.jsonpath.JsonPath;
import dev.backfill.event.BackfillEvent;
import dev.backfill.event.BackfillListener;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.assertj.AssertableApplicationContext;
import org.springframework.util.ClassUtils;

class MetricsIT {
  private static final Duration LONG = Duration.ofMinutes(2);
  private static final Path DASHBOARDS = Path.of("../../docs/dashboards");
  private static final Pattern METRIC = Pattern.compile("\\bbackfill_[a-z_]+\\b");

  private final TestServer.Database database = TestServer.database(5_000);

  // By its name: a class loader without Micrometer must not meet it here.
  private static AutoConfigurations metrics() {
    return AutoConfigurations.of(
        ClassUtils.resolveClassName(
            "dev.backfill.spring.metrics.BackfillMetricsAutoConfiguration",
            MetricsIT.class.getClassLoader()));
  }

  private void running(Consumer<AssertableApplicationContext> test, String... more) {
    Contexts.on(database)
        .withConfiguration(metrics())
        .withPropertyValues(Contexts.orderStatus(more))
        .run(test::accept);
  }

  private static void bind(
      AssertableApplicationContext context, io.micrometer.core.instrument.MeterRegistry registry) {
    context.getBean(io.micrometer.core.instrument.binder.MeterBinder.class).bindTo(registry);
  }

  private static RegisteredBackfill backfill(AssertableApplicationContext context) {
    return context.getBean(BackfillRegistry.class).find("order-status").orElseThrow();
  }

  private static double state(SimpleMeterRegistry registry, RegisteredBackfill.State state) {
    return registry
        .get("backfill.state")
        .tags("backfill", "order-status", "state", state.name())
        .gauge()
        .value();
  }

  @Test
  void aRunIsCountedAndWhatDescribesItGoesWithIt() {
    SimpleMeterRegistry registry = new SimpleMeterRegistry();
    running(
        context -> {
          bind(context, registry);
          assertThat(state(registry, RegisteredBackfill.State.PENDING)).isEqualTo(1);
          assertThat(registry.find("backfill.rows").meters()).isEmpty();
          backfill(context).start();
          // Each of the signals that are watched by default, once the monitor has looked.
          await()
              .atMost(LONG)
              .until(
                  () ->
                      registry.find("backfill.signal.value").tag("signal", "lock-waits").gauge()
                          != null);
          assertThat(registry.get("backfill.signal.limit").gauge().value()).isEqualTo(10);
          assertThat(registry.get("backfill.progress").gauge().value()).isBetween(0.0, 1.0);
          assertThat(registry.get("backfill.waiting").gauge().value()).isBetween(0.0, 1.0);
          context.getBean(dev.backfill.Backfills.class)
              .retune("public.orders.status_code", "rows-per-second", 1_000_000);
          await()
              .atMost(LONG)
              .until(() -> backfill(context).state() == RegisteredBackfill.State.DONE);

          assertThat(registry.get("backfill.rows").counter().count()).isEqualTo(5_000);
          assertThat(registry.get("backfill.batches").timer().count()).isGreaterThanOrEqualTo(10);
          assertThat(state(registry, RegisteredBackfill.State.DONE)).isEqualTo(1);
          assertThat(state(registry, RegisteredBackfill.State.RUNNING)).isZero();
          await()
              .atMost(LONG)
              .untilAsserted(
                  () ->
                      assertThat(registry.getMeters())
                          .extracting(meter -> meter.getId().getName())
                          .containsOnly("backfill.rows", "backfill.batches", "backfill.state"));
        },
        "backfill.startup=manual",
        "backfill.definitions.order-status.batch.rows=100",
        "backfill.definitions.order-status.max-rows-per-second=500");
  }

  @Test
  void whatDashboardAndAlertsReferToIsThere() throws IOException {
    PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    running(
        context -> {
          bind(context, registry);
          backfill(context).start();
          await()
              .atMost(LONG)
              .until(
                  () ->
                      metrics(registry.scrape())
                          .containsAll(List.of("backfill_signal_value", "backfill_rows_total")));
          // What a quiet database does not do to a run.
          String run = "public.orders.status_code";
          List.of(
                  new BackfillEvent.Throttled(run, "lock-waits", 11, 10, "sessions", ""),
                  new BackfillEvent.BatchCancelled(run, 3),
                  new BackfillEvent.RowQuarantined(run, "orders", List.of("17"), "22P02", "", 1),
                  new BackfillEvent.BatchRetried(run, 1, "40P01", "", Duration.ZERO))
              .forEach(
                  event ->
                      context
                          .getBeansOfType(BackfillListener.class)
                          .values()
                          .forEach(listener -> listener.onEvent(event)));
          assertThat(registry.scrape())
              .contains("backfill_retries_total{backfill=\"order-status\",sqlstate=\"40\"} 1.0");
          assertThat(registry.scrape())
              .contains(
                  "backfill_quarantined_rows_total{backfill=\"order-status\",sqlstate=\"22\"} 1.0");
          Set<String> scraped = metrics(registry.scrape());
          assertThat(metrics(text("backfill-alerts.yml"))).isNotEmpty().isSubsetOf(scraped);
          List<String> queries =
              JsonPath.read(text("backfill-grafana.json"), "$.panels[*].targets[*].expr");
          assertThat(metrics(String.join("\n", queries))).isNotEmpty().isSubsetOf(scraped);
          assertThat(documented())
              .containsExactlyInAnyOrderElementsOf(
                  registry.getMeters().stream()
                      .map(Meter::getId)
                      .map(Meter.Id::getName)
                      .collect(Collectors.toCollection(TreeSet::new)));
        },
        "backfill.startup=manual",
        "backfill.definitions.order-status.batch.rows=100",
        "backfill.definitions.order-status.max-rows-per-second=100");
  }

  private static Set<String> metrics(String text) {
    return METRIC
        .matcher(text)
        .results()
        .map(MatchResult::group)
        .collect(Collectors.toCollection(TreeSet::new));
  }

  private static String text(String file) {
    try {
      return Files.readString(DASHBOARDS.resolve(file));
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  /** The meters of the guide's table. */
  private static Set<String> documented() {
    try (var lines = Files.lines(Path.of("../../docs/spring-boot.md"))) {
      return lines
          .map(Pattern.compile("^\\| `(backfill\\.[a-z.]+)` \\| (counter|timer|gauge) ")::matcher)
          .filter(java.util.regex.Matcher::find)
          .map(matcher -> matcher.group(1))
          .collect(Collectors.toCollection(TreeSet::new));
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  @Test
  void withNothingToDoThereIsNoMeter() {
    SimpleMeterRegistry registry = new SimpleMeterRegistry();
    Contexts.withoutDatabase()
        .withConfiguration(metrics())
        .run(
            context -> {
              bind(context, registry);
              assertThat(registry.getMeters()).isEmpty();
            });
  }

  @Test
  void withoutMicrometerTheRestIsThere() {
    Contexts.withoutDatabase()
        .withConfiguration(metrics())
        .withClassLoader(new FilteredClassLoader("io.micrometer"))
        .run(
            context ->
                assertThat(context)
                    .hasNotFailed()
                    .hasSingleBean(BackfillRegistry.class)
                    .doesNotHaveBean("backfillMetrics"));
  }

  @Test
  void signalsWithoutASourceHaveAnEmptyTag() {
    SimpleMeterRegistry registry = new SimpleMeterRegistry();
    running(
        context -> {
          bind(context, registry);
          backfill(context).start();
          await()
              .atMost(LONG)
              .until(
                  () ->
                      registry
                              .find("backfill.signal.value")
                              .tags(Tags.of("signal", "lock-waits", "source", ""))
                              .gauge()
                          != null);
        },
        "backfill.startup=manual",
        "backfill.definitions.order-status.max-rows-per-second=500");
  }
}
