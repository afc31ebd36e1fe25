package dev.backfill.examples.fleet;

import com.github.kagkarlsson.scheduler.SchedulerState;
import com.github.kagkarlsson.scheduler.task.FailureHandler.ExponentialBackoffFailureHandler;
import com.github.kagkarlsson.scheduler.task.helper.OneTimeTask;
import com.github.kagkarlsson.scheduler.task.helper.Tasks;
import com.zaxxer.hikari.HikariDataSource;
import dev.backfill.BackfillDefinition;
import dev.backfill.fleet.BackfillFleet;
import dev.backfill.fleet.FleetResult;
import dev.backfill.fleet.FleetRun;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * The job of filling one server's shards. There is one job for each server, whichever node takes
 * it: two nodes at one server would not know of each other's load.
 */
final class ServerJob {
  static final String NAME = "backfill-server";

  private static final Duration LOOK = Duration.ofSeconds(1);

  private final BackfillDefinition definition;
  private final Map<String, ServerShards> servers;

  ServerJob(BackfillDefinition definition, List<ServerShards> servers) {
    this.definition = definition;
    this.servers =
        servers.stream().collect(Collectors.toMap(ServerShards::server, Function.identity()));
  }

  OneTimeTask<Void> task() {
    return Tasks.oneTime(NAME)
        .onFailure(new ExponentialBackoffFailureHandler<>(Duration.ofSeconds(1), 2))
        // A node that died is missed after four heartbeats; another one takes its job.
        .onDeadExecutionRevive()
        .execute((job, context) -> fill(job.getId(), context.getSchedulerState()));
  }

  /** A job that throws is tried again later: complete shards are passed over then. */
  private void fill(String server, SchedulerState node) {
    ServerShards shards = servers.get(server);
    if (shards == null) {
      throw new IllegalStateException("This node does not know the shards of server " + server);
    }
    List<HikariDataSource> pools = new ArrayList<>();
    BackfillFleet fleet = BackfillFleet.of(definition);
    try {
      for (Map.Entry<String, String> shard : shards.urls().entrySet()) {
        HikariDataSource pool = pool(shard.getValue());
        pools.add(pool);
        fleet = fleet.shard(shard.getKey(), pool);
      }
      FleetResult result = result(fleet, node);
      if (!result.complete()) {
        throw new IllegalStateException(server + " is not complete: " + result.states());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("Interrupted; each shard stopped after its batch", e);
    } finally {
      pools.forEach(HikariDataSource::close);
    }
  }

  /** Stops cleanly when the node is shut down, so that another one need not wait for the lease. */
  private static FleetResult result(BackfillFleet fleet, SchedulerState node)
      throws InterruptedException {
    try (FleetRun run = fleet.start()) {
      while (true) {
        var result = run.await(LOOK);
        if (result.isPresent()) {
          return result.get();
        }
        if (node.isShuttingDown()) {
          run.stop();
        }
      }
    }
  }

  private static HikariDataSource pool(String url) {
    HikariDataSource pool = new HikariDataSource();
    pool.setJdbcUrl(url);
    pool.setMaximumPoolSize(3);
    pool.setMinimumIdle(0);
    return pool;
  }
}
