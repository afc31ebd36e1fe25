package dev.backfill.examples.quickstart;

import java.sql.SQLException;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Fills a column of a table that is in use, and checks every row afterwards. */
@Command(
    name = "quickstart",
    mixinStandardHelpOptions = true,
    description =
        "Gives a table of orders a new column while an application reads and writes it."
            + " Interrupted or killed, the next start goes on.")
public final class Quickstart implements Callable<Integer> {

  @Option(names = "--rows", defaultValue = "1000000", description = "default: ${DEFAULT-VALUE}")
  private long rows;

  @Option(
      names = "--kill-after",
      description = "the process kills itself (SIGKILL) at this share of the work: 40%%")
  private @Nullable String killAfter;

  @Option(
      names = "--url",
      description =
          "JDBC URL of a server of your own; works in schemas quickstart and quickstart_state only")
  private @Nullable String url;

  @Option(
      names = "--cores",
      defaultValue = "64",
      description =
          "processors that the server has for all the run knows: beside traffic it takes 3%% of"
              + " them, which on a laptop would be minutes; default: ${DEFAULT-VALUE}")
  private int cores;

  private Quickstart() {}

  public static void main(String[] args) {
    CommandLine command = new CommandLine(new Quickstart());
    command.setExecutionExceptionHandler(
        (e, line, result) -> {
          System.err.println(e.getMessage());
          return 2;
        });
    System.exit(command.execute(args));
  }

  @Override
  public Integer call() throws Exception {
    if (rows < 1) {
      throw new IllegalArgumentException("--rows must be at least 1, was " + rows);
    }
    Optional<KillSwitch> kill = Optional.ofNullable(killAfter).map(KillSwitch::at);
    try (ExampleServer server = ExampleServer.at(url)) {
      return run(server, kill);
    }
  }

  private int run(ExampleServer server, Optional<KillSwitch> kill)
      throws SQLException, InterruptedException, java.io.IOException {
    OrdersTable orders = new OrdersTable(server.dataSource());
    if (orders.interrupted()) {
      System.out.println("Goes on with the run that was interrupted.");
    } else {
      System.out.printf("Creates a table of %,d orders ...%n", rows);
      orders.create(rows);
    }
    Summary summary;
    try (Traffic traffic = Traffic.start(server.dataSource())) {
      summary = new Demonstration(server.dataSource(), orders, traffic, cores).run(kill);
    }
    System.out.println(summary.text());
    System.out.println("Written to " + summary.write());
    return summary.wrongRows() == 0 && summary.notNull() ? 0 : 1;
  }
}
