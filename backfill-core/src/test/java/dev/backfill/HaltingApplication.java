package dev.backfill;

import dev.backfill.model.Timeouts;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import org.postgresql.ds.PGSimpleDataSource;

/**
 * Run in a JVM of its own by {@link TakeoverIT}: stands still before it sends a certain statement.
 */
public final class HaltingApplication {
  private HaltingApplication() {}

  /**
   * @param args JDBC URL, and how the statement begins
   */
  public static void main(String[] args) {
    PGSimpleDataSource dataSource = new PGSimpleDataSource();
    dataSource.setUrl(args[0]);
    CountDownLatch never = new CountDownLatch(1);
    Backfill.column("orders", "status_code")
        .type("text")
        .value("case when shipped_at is null then 'pending' else 'shipped' end")
        .timeouts(Timeouts.defaults().withLease(Duration.ofSeconds(2)))
        .on(RecordingDataSource.of(dataSource, sql -> halt(sql, args[1], never)))
        .run();
  }

  private static void halt(String sql, String beginning, CountDownLatch never) {
    if (sql.startsWith(beginning)) {
      System.out.println("halted");
      try {
        never.await();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
