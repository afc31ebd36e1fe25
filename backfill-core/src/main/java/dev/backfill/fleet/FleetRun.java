package dev.backfill.fleet;

import static java.util.concurrent.CompletableFuture.allOf;
import static java.util.concurrent.CompletableFuture.runAsync;
import static java.util.concurrent.CompletableFuture.supplyAsync;

import dev.backfill.BackfillDefinition;
import dev.backfill.model.BackfillException;
import dev.backfill.model.BackfillResult;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import javax.sql.DataSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A fleet that was started. Thread-safe. */
public final class FleetRun implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(FleetRun.class);

  private final FleetControl control = new FleetControl();
  private final List<Shard> shards;
  private final ExecutorService threads;
  private final CompletableFuture<FleetResult> completion;

  private FleetRun(
      BackfillDefinition definition, Map<String, DataSource> databases, int parallelism) {
    this.shards =
        databases.entrySet().stream()
            .map(d -> new Shard(d.getKey(), d.getValue(), definition, control))
            .toList();
    AtomicInteger number = new AtomicInteger();
    this.threads =
        Executors.newFixedThreadPool(
            parallelism,
            work -> {
              Thread thread = new Thread(work, "backfill-fleet-" + number.incrementAndGet());
              thread.setDaemon(true);
              return thread;
            });
    this.completion =
        located()
            .thenCompose(this::runAll)
            .thenApply(all -> result())
            .whenComplete((result, error) -> threads.shutdown());
  }

  static FleetRun start(
      BackfillDefinition definition, Map<String, DataSource> shards, int parallelism) {
    return new FleetRun(definition, shards, parallelism);
  }

  /** The shards that can be reached, by server. */
  private CompletableFuture<Map<Primary, List<Shard>>> located() {
    Map<Shard, CompletableFuture<Optional<Primary>>> asked = new LinkedHashMap<>();
    shards.forEach(shard -> asked.put(shard, supplyAsync(shard::locate, threads)));
    return all(asked.values().stream())
        .thenApply(
            all -> {
              Map<Primary, List<Shard>> byPrimary = new LinkedHashMap<>();
              asked.forEach(
                  (shard, primary) ->
                      primary
                          .join()
                          .ifPresent(
                              p ->
                                  byPrimary.computeIfAbsent(p, k -> new ArrayList<>()).add(shard)));
              return byPrimary;
            });
  }

  private CompletableFuture<Void> runAll(Map<Primary, List<Shard>> byPrimary) {
    LOG.info("A fleet of {} shards on {} servers", shards.size(), byPrimary.size());
    return all(
        byPrimary.values().stream()
            .map(onOne -> runAsync(() -> onOne.forEach(Shard::run), threads)));
  }

  private static CompletableFuture<Void> all(Stream<? extends CompletableFuture<?>> each) {
    return allOf(each.toArray(CompletableFuture[]::new));
  }

  private FleetResult result() {
    Map<String, ShardState> states = new LinkedHashMap<>();
    Map<String, BackfillResult> results = new LinkedHashMap<>();
    Map<String, BackfillException> failures = new LinkedHashMap<>();
    for (Shard shard : shards) {
      ShardProgress end = shard.progress();
      states.put(end.shard(), end.state());
      shard.result().ifPresent(r -> results.put(end.shard(), r));
      end.failure().ifPresent(f -> failures.put(end.shard(), f));
    }
    return new FleetResult(states, results, failures);
  }

  /** How far the shards are, each and together: cheap, asks no database. */
  public FleetProgress progress() {
    return FleetProgress.of(shards.stream().map(Shard::progress).toList());
  }

  /** Holds every shard after its batches in flight, and lets no other one begin. */
  public void pause() {
    control.pause(true);
    shards.forEach(shard -> shard.pause(true));
  }

  /** Goes on after {@link #pause()}. */
  public void resume() {
    shards.forEach(shard -> shard.pause(false));
    control.pause(false);
  }

  /** Ends every shard cleanly after its batches in flight; another start goes on with them. */
  public void stop() {
    control.stop();
    shards.forEach(Shard::stop);
  }

  /** Completes once every shard has ended, whichever way. */
  public CompletableFuture<FleetResult> completion() {
    return completion.copy();
  }

  /**
   * Waits for the end of all shards.
   *
   * @return what became of them; empty when one is still at work after that time
   */
  public Optional<FleetResult> await(Duration patience) throws InterruptedException {
    try {
      return Optional.of(completion.get(patience.toMillis(), TimeUnit.MILLISECONDS));
    } catch (TimeoutException e) {
      return Optional.empty();
    } catch (ExecutionException e) {
      throw unexpected(e);
    }
  }

  FleetResult end() throws InterruptedException {
    try {
      return completion.get();
    } catch (ExecutionException e) {
      throw unexpected(e);
    }
  }

  /** Shards keep their failures to themselves: this one is ours. */
  private static IllegalStateException unexpected(ExecutionException e) {
    return new IllegalStateException("The fleet failed: " + e.getCause(), e.getCause());
  }

  /** Stops the shards and waits until each has given its lease back. */
  @Override
  public void close() {
    stop();
    completion.handle((result, error) -> true).join();
  }
}
