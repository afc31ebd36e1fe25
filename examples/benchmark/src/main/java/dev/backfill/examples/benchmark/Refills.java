package dev.backfill.examples.benchmark;

import java.sql.SQLException;
import java.util.concurrent.CompletableFuture;
import javax.sql.DataSource;

/**
 * A contender that never ends: when every row is filled, the column is dropped and added again,
 * which empties it at once, and the contender starts anew.
 */
final class Refills {
  /** A fill begins once in hours; in an arm of seconds its beginning would be all that is seen. */
  static final long SETTLING_NANOS = 3_000_000_000L;

  private static final int LOOK_MILLIS = 5;

  private final BenchServer server;
  private final Contender contender;
  private final BenchTable table;
  private final CompletableFuture<Boolean> end = new CompletableFuture<>();
  private volatile boolean active;
  private volatile boolean stopped;
  private long filled;
  private long activeNanos;

  private Refills(BenchServer server, Contender contender, BenchTable table) {
    this.server = server;
    this.contender = contender;
    this.table = table;
  }

  static Refills start(BenchServer server, Contender contender, BenchTable table) {
    Refills refills = new Refills(server, contender, table);
    Thread thread = new Thread(refills::work, "refills");
    thread.setDaemon(true);
    thread.start();
    return refills;
  }

  private void work() {
    try {
      DataSource operator = server.dataSource();
      long begin = System.nanoTime();
      while (!stopped) {
        long start = System.nanoTime();
        Work work = contender.start(server, table);
        while (!stopped && !work.isDone()) {
          active = System.nanoTime() - begin > SETTLING_NANOS;
          Thread.sleep(LOOK_MILLIS);
        }
        active = false;
        activeNanos += System.nanoTime() - start;
        work.stop();
        filled += Sql.number(operator, "SELECT count(status_code) FROM orders");
        Sql.execute(
            operator,
            "ALTER TABLE orders DROP COLUMN status_code",
            "ALTER TABLE orders ADD COLUMN status_code varchar(32)");
      }
      end.complete(true);
    } catch (SQLException | InterruptedException | RuntimeException e) {
      end.completeExceptionally(e);
    }
  }

  /**
   * Whether the contender has settled to its work, and is not between two fills; fails when it has
   * failed.
   */
  boolean isActive() {
    if (end.isDone()) {
      end.join();
    }
    return active;
  }

  /** Ends the contender, and gives the rows that it filled in a second of its own time. */
  double stop() {
    stopped = true;
    end.join();
    return filled * 1e9 / activeNanos;
  }
}
