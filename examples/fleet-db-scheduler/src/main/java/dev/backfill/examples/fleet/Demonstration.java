package dev.backfill.examples.fleet;

import java.time.Duration;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Starts two servers and two nodes, and waits until every shard is filled. */
@Command(
    name = "fleet",
    mixinStandardHelpOptions = true,
    description =
        "Fills three shards on two servers of their own by two nodes that share the work.")
public final class Demonstration implements Callable<Integer> {
  private static final Duration LOOK = Duration.ofSeconds(1);

  @Option(
      names = "--rows",
      defaultValue = "300000",
      description = "in each shard; default: ${DEFAULT-VALUE}")
  private long rows;

  private Demonstration() {}

  public static void main(String[] args) {
    System.exit(new CommandLine(new Demonstration()).execute(args));
  }

  @Override
  public Integer call() throws Exception {
    try (Fleet fleet = Fleet.start(rows)) {
      Process first = fleet.node("node-1", Integer.MAX_VALUE);
      Process second = fleet.node("node-2", Integer.MAX_VALUE);
      try {
        do {
          if (!first.isAlive() && !second.isAlive()) {
            System.err.println("Both nodes have ended before their work was done; see above.");
            return 1;
          }
          Thread.sleep(LOOK.toMillis());
        } while (fleet.rows().size() < 3);
      } finally {
        end(first);
        end(second);
      }
      Map<String, Fleet.Rows> filled = fleet.rows();
      filled.forEach(
          (shard, r) -> System.out.printf("%s: %,d rows, %d wrong%n", shard, r.all(), r.wrong()));
      return filled.values().stream().allMatch(r -> r.wrong() == 0) ? 0 : 1;
    }
  }

  private static void end(Process node) throws InterruptedException {
    node.destroy();
    node.waitFor();
  }
}
