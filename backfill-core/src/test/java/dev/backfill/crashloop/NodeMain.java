package dev.backfill.crashloop;

import com.zaxxer.hikari.HikariDataSource;
import dev.backfill.event.BackfillEvent;
import dev.backfill.model.BackfillException;
import dev.backfill.model.BatchSize;
import dev.backfill.model.Timeouts;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import javax.sql.DataSource;
import org.postgresql.ds.PGSimpleDataSource;

/**
 * The process that is struck: for each line of its input it runs one backfill to its end, and says
 * what happens line by line.
 */
final class NodeMain {
  private NodeMain() {}

  public static void main(String[] args) throws IOException {
    BufferedReader input =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    System.out.println("ready");
    for (String line = input.readLine(); line != null; line = input.readLine()) {
      String[] words = line.split(" ", -1);
      RoundPlan.Job job =
          new RoundPlan.Job(
              Integer.parseInt(words[2]),
              Integer.parseInt(words[3]),
              Boolean.parseBoolean(words[4]));
      System.out.println(run(words[0], Value.valueOf(words[1]), job));
    }
  }

  private static String run(String url, Value value, RoundPlan.Job job) {
    PGSimpleDataSource direct = new PGSimpleDataSource();
    direct.setUrl(url);
    direct.setApplicationName("backfill");
    try (HikariDataSource pool = new HikariDataSource()) {
      pool.setDataSource(direct);
      pool.setMaximumPoolSize(4);
      pool.setMinimumIdle(0);
      pool.setConnectionTimeout(5_000);
      DataSource dataSource = job.pooled() ? pool : direct;
      return "ended "
          + value
              .definition()
              .workers(job.workers())
              .batchSize(BatchSize.fixed(job.batch()))
              .timeouts(
                  Timeouts.defaults()
                      .withLease(Duration.ofSeconds(1))
                      .withIdleInTransaction(Duration.ofSeconds(1)))
              .unthrottled()
              .listener(NodeMain::say)
              .on(dataSource)
              .run()
              .state();
    } catch (BackfillException e) {
      return "ended by " + e.getClass().getSimpleName() + ": " + e.getMessage();
    }
  }

  private static void say(BackfillEvent event) {
    System.out.println(event instanceof BackfillEvent.BatchCommitted ? "batch" : event.toString());
  }
}
