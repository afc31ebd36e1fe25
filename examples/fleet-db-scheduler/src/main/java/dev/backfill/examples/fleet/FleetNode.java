package dev.backfill.examples.fleet;

import com.github.kagkarlsson.scheduler.Scheduler;
import com.github.kagkarlsson.scheduler.SchedulerName;
import com.github.kagkarlsson.scheduler.task.helper.OneTimeTask;
import dev.backfill.Backfill;
import dev.backfill.BackfillDefinition;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.Callable;
import org.postgresql.ds.PGSimpleDataSource;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * One node of the application. Each node schedules the jobs of all servers at its start, which does
 * nothing for those that are scheduled already, and takes what is due, one at a time.
 */
@Command(name = "fleet-node", mixinStandardHelpOptions = true)
public final class FleetNode implements Callable<Integer> {
  private static final Duration INTERVAL = Duration.ofSeconds(1);

  @Option(names = "--name", required = true, description = "of this node")
  private String name = "";

  @Option(names = "--jobs", required = true, description = "JDBC URL of the database of the jobs")
  private String jobs = "";

  @Option(
      names = "--shard",
      required = true,
      description = "server/shard=jdbc:postgresql://...; once for each")
  private List<String> shards = List.of();

  @Option(
      names = "--rows-per-second",
      defaultValue = "1000000",
      description = "for each shard; default: ${DEFAULT-VALUE}")
  private long rowsPerSecond;

  private FleetNode() {}

  public static void main(String[] args) {
    int failed = new CommandLine(new FleetNode()).execute(args);
    if (failed != 0) {
      System.exit(failed);
    }
    // The scheduler's threads go on until the process is told to end.
  }

  @Override
  public Integer call() {
    List<ServerShards> servers = ServerShards.parse(shards);
    OneTimeTask<Void> task = new ServerJob(definition(), servers).task();
    PGSimpleDataSource jobTable = new PGSimpleDataSource();
    jobTable.setUrl(jobs);
    Scheduler scheduler =
        Scheduler.create(jobTable, task)
            .schedulerName(new SchedulerName.Fixed(name))
            .threads(1)
            .pollingInterval(INTERVAL)
            .heartbeatInterval(INTERVAL)
            .missedHeartbeatsLimit(4)
            .registerShutdownHook()
            .build();
    scheduler.start();
    servers.forEach(s -> scheduler.scheduleIfNotExists(task.instance(s.server()), Instant.now()));
    return 0;
  }

  private BackfillDefinition definition() {
    return Backfill.column("orders", "status_code")
        .type("text")
        .value("case when shipped_at is null then 'pending' else 'shipped' end")
        .maxRowsPerSecond(rowsPerSecond)
        .build();
  }
}
