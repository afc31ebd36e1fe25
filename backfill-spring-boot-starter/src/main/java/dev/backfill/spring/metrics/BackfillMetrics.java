package dev.backfill.spring.metrics;

import dev.backfill.event.BackfillEvent;
import dev.backfill.event.BackfillListener;
import dev.backfill.spring.BackfillRegistry;
import dev.backfill.spring.RegisteredBackfill;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.springframework.beans.factory.ObjectProvider;

/** Hears every run of this process, and keeps the meters of every registry of meters. */
final class BackfillMetrics implements MeterBinder, BackfillListener {
  private final ObjectProvider<BackfillRegistry> backfills;
  private final List<Meters> bound = new CopyOnWriteArrayList<>();
  private final Map<String, String> nameOfRun = new ConcurrentHashMap<>();

  BackfillMetrics(ObjectProvider<BackfillRegistry> backfills) {
    this.backfills = backfills;
  }

  @Override
  public void bindTo(MeterRegistry registry) {
    Meters meters = new Meters(registry);
    all().forEach(meters::define);
    bound.add(meters);
  }

  private List<RegisteredBackfill> all() {
    return backfills.getObject().all();
  }

  @Override
  public void onEvent(BackfillEvent event) {
    if (bound.isEmpty()) {
      return;
    }
    Optional<String> name = nameOf(event.run());
    if (name.isPresent()) {
      List<RegisteredBackfill> all = all();
      bound.forEach(meters -> meters.on(name.get(), event, all));
    }
  }

  /** A run is called by its table and column; meters are called as the application calls it. */
  private Optional<String> nameOf(String run) {
    String known = nameOfRun.get(run);
    if (known != null) {
      return Optional.of(known);
    }
    Optional<String> name =
        all().stream()
            .filter(b -> b.run().filter(r -> r.progress().name().equals(run)).isPresent())
            .map(RegisteredBackfill::name)
            .findFirst();
    name.ifPresent(found -> nameOfRun.put(run, found));
    return name;
  }
}
