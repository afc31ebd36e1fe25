package dev.backfill.spring.metrics;

import dev.backfill.event.BackfillEvent;
import dev.backfill.spring.RegisteredBackfill;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The meters of one registry. Counters stay when a run has ended, as counters do; what describes a
 * run at work goes with it.
 */
final class Meters {
  private static final String NAME = "backfill";

  private final MeterRegistry registry;
  private final LiveGauges live;
  private final Map<String, Throttled> throttled = new ConcurrentHashMap<>();

  Meters(MeterRegistry registry) {
    this.registry = registry;
    this.live = new LiveGauges(registry);
  }

  /**
   * What is there of a backfill before it runs: one gauge for each state, 1 for the present one.
   */
  void define(RegisteredBackfill backfill) {
    for (RegisteredBackfill.State state : RegisteredBackfill.State.values()) {
      Gauge.builder("backfill.state", backfill, b -> b.state() == state ? 1 : 0)
          .description("1 for the state that the backfill has in this process")
          .tag(NAME, backfill.name())
          .tag("state", state.name())
          .strongReference(true)
          .register(registry);
    }
  }

  void on(String name, BackfillEvent event, List<RegisteredBackfill> all) {
    if (event instanceof BackfillEvent.BatchCommitted batch) {
      rows(name).increment((double) batch.rows());
      Timer.builder("backfill.batches")
          .description("Committed batches and the server's time for them")
          .tag(NAME, name)
          .register(registry)
          .record(batch.serverTime());
    } else if (event instanceof BackfillEvent.RowsSwept swept) {
      rows(name).increment((double) swept.rows());
    } else if (event instanceof BackfillEvent.BatchRetried retried) {
      Counter.builder("backfill.retries")
          .description("Batches that were rolled back and tried again, by class of SQLSTATE")
          .tag(NAME, name)
          .tag("sqlstate", sqlStateClass(retried.sqlState()))
          .register(registry)
          .increment();
    } else if (event instanceof BackfillEvent.RowQuarantined row) {
      Counter.builder("backfill.quarantined")
          .description("Rows that cannot take their value and were put aside, by class of SQLSTATE")
          .baseUnit("rows")
          .tag(NAME, name)
          .tag("sqlstate", sqlStateClass(row.sqlState()))
          .register(registry)
          .increment();
    } else if (event instanceof BackfillEvent.BatchCancelled) {
      Counter.builder("backfill.cancelled")
          .description("Batches that were cancelled because others had waited for them too long")
          .baseUnit("batches")
          .tag(NAME, name)
          .register(registry)
          .increment();
    } else if (event instanceof BackfillEvent.Throttled began) {
      throttled(name, began.signal()).begins(now());
    } else if (event instanceof BackfillEvent.ThrottleReleased ended) {
      throttled(name, ended.signal()).ends(now());
    } else if (event instanceof BackfillEvent.RunEnded
        || event instanceof BackfillEvent.RunFailed) {
      throttled.forEach((key, one) -> one.endsIf(name, now()));
    }
    live.refresh(all, ended(event) ? name : "");
  }

  private static boolean ended(BackfillEvent event) {
    return event instanceof BackfillEvent.RunEnded || event instanceof BackfillEvent.RunFailed;
  }

  private Counter rows(String name) {
    return Counter.builder("backfill.rows")
        .description("Rows that this process has filled")
        .baseUnit("rows")
        .tag(NAME, name)
        .register(registry);
  }

  private static String sqlStateClass(String sqlState) {
    return sqlState.length() < 2 ? "none" : sqlState.substring(0, 2);
  }

  private Throttled throttled(String name, String signal) {
    return throttled.computeIfAbsent(
        name + " " + signal,
        key -> {
          Throttled created = new Throttled(name);
          FunctionCounter.builder("backfill.throttled", created, t -> t.seconds(now()))
              .description("Time in which no batch could start, by the signal that held it")
              .baseUnit("seconds")
              .tag(NAME, name)
              .tag("signal", signal)
              .register(registry);
          return created;
        });
  }

  private long now() {
    return registry.config().clock().monotonicTime();
  }
}
