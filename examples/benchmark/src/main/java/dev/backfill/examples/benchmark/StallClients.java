package dev.backfill.examples.benchmark;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import javax.sql.DataSource;

/**
 * Sessions of an application that read and update orders by their keys, one statement after the
 * other, and time each. One that waits sends nothing meanwhile (a closed loop), so of a stall each
 * session counts one statement: the longest is right, the percentiles are kind.
 */
final class StallClients implements AutoCloseable {
  private static final double SHARE_OF_READS = 0.7;

  private final DataSource dataSource;
  private final long rows;
  private final Duration rest;
  private final Latencies latencies = new Latencies();
  private final long start = System.nanoTime();
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final List<Future<?>> ends = new ArrayList<>();
  private volatile boolean stopped;

  private StallClients(DataSource dataSource, long rows, Duration rest) {
    this.dataSource = dataSource;
    this.rows = rows;
    this.rest = rest;
  }

  static StallClients start(DataSource dataSource, long rows, StallSituation situation) {
    StallClients clients = new StallClients(dataSource, rows, situation.rest());
    for (int i = 0; i < situation.clients(); i++) {
      clients.ends.add(clients.threads.submit(clients::serve));
    }
    return clients;
  }

  /** Ends them when their statements have, and gives what they measured. */
  Latencies stop() throws InterruptedException, ExecutionException {
    stopped = true;
    for (Future<?> end : ends) {
      end.get();
    }
    return latencies;
  }

  @Override
  public void close() {
    stopped = true;
    threads.shutdownNow();
  }

  private Void serve() throws SQLException, InterruptedException {
    try (Connection connection = dataSource.getConnection();
        Statement settings = connection.createStatement();
        PreparedStatement read =
            connection.prepareStatement("SELECT amount, reference FROM orders WHERE id = ?");
        PreparedStatement update =
            connection.prepareStatement("UPDATE orders SET updated_at = now() WHERE id = ?")) {
      // A commit's wait for the disk is not one for the table.
      settings.execute("SET synchronous_commit = off");
      while (!stopped) {
        ThreadLocalRandom any = ThreadLocalRandom.current();
        PreparedStatement statement = any.nextDouble() < SHARE_OF_READS ? read : update;
        statement.setLong(1, 1 + any.nextLong(rows));
        long began = System.nanoTime();
        statement.execute();
        latencies.add(TimeUnit.NANOSECONDS.toSeconds(began - start), System.nanoTime() - began);
        TimeUnit.NANOSECONDS.sleep(rest.toNanos());
      }
    }
    return null;
  }
}
