package dev.backfill.examples.benchmark;

import dev.backfill.examples.local.Standby;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.function.Supplier;

/** Who is beside a contender while it fills a table: an application, and a standby that reads. */
final class Beside implements AutoCloseable {
  private static final int LOOK_MILLIS = 50;

  /** The first transactions of a session are slow, whoever is beside them. */
  private static final int WARM_UP_MILLIS = 1_000;

  private final Optional<Standby> standby;
  private final Optional<CompletableFuture<Latencies>> traffic;
  private final Optional<CompletableFuture<List<Double>>> lags;
  private volatile boolean counts;
  private volatile boolean over;

  private Beside(Company company, BenchTable table) {
    this.standby = company.standby();
    this.traffic = company.trafficOn(table).map(t -> inBackground(() -> serve(t)));
    this.lags = standby.map(s -> inBackground(() -> watch(s)));
  }

  /**
   * What they felt.
   *
   * @param latencies of the application's transactions that arrived meanwhile
   * @param lags in seconds, 20 of them each second, until the standby had replayed everything
   */
  record Felt(Optional<Latencies> latencies, Optional<List<Double>> lags) {}

  static Beside start(Company company, BenchTable table) throws InterruptedException {
    Beside beside = new Beside(company, table);
    if (beside.traffic.isPresent()) {
      Thread.sleep(WARM_UP_MILLIS);
    }
    beside.counts = true;
    return beside;
  }

  /** Ends them once the standby has replayed everything. */
  Felt stop() throws InterruptedException, ExecutionException {
    counts = false;
    standby.ifPresent(Standby::awaitCaughtUp);
    over = true;
    return new Felt(
        traffic.isPresent() ? Optional.of(traffic.get().get()) : Optional.empty(),
        lags.isPresent() ? Optional.of(lags.get().get()) : Optional.empty());
  }

  /** Lets their threads end when the contender has failed. */
  @Override
  public void close() {
    over = true;
  }

  private static <T> CompletableFuture<T> inBackground(Supplier<T> work) {
    return CompletableFuture.supplyAsync(work, StallRun::thread);
  }

  private Latencies serve(Traffic application) {
    try {
      return application.runUntil(() -> over, () -> counts, 1);
    } catch (InterruptedException | ExecutionException e) {
      throw new CompletionException(e);
    }
  }

  private List<Double> watch(Standby replica) {
    List<Double> seen = new ArrayList<>();
    try (Connection connection = replica.dataSource("postgres").getConnection()) {
      while (!over) {
        if (counts || !seen.isEmpty()) {
          seen.add(Heartbeat.lagSeconds(connection));
        }
        Thread.sleep(LOOK_MILLIS);
      }
      // A fill may be over before anybody has looked.
      seen.add(Heartbeat.lagSeconds(connection));
    } catch (SQLException | InterruptedException e) {
      throw new CompletionException(e);
    }
    return seen;
  }
}
