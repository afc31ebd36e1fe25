package dev.backfill.examples.benchmark;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import javax.sql.DataSource;

/**
 * An application that reads and updates rows by their key. Its transactions arrive at random
 * moments at a given rate, whether or not earlier ones have been answered (an open loop); a latency
 * counts from the moment of arrival, so that waiting for a free connection is part of it.
 */
final class Traffic {
  private static final int CONNECTIONS = 32;
  private static final double SHARE_OF_READS = 0.7;

  private final DataSource dataSource;
  private final BenchTable table;
  private final long rows;
  private final double perSecond;

  Traffic(DataSource dataSource, BenchTable table, long rows, double perSecond) {
    this.dataSource = dataSource;
    this.table = table;
    this.rows = rows;
    this.perSecond = perSecond;
  }

  /**
   * Goes on until so many transactions have been counted.
   *
   * @param counts asked at each arrival
   */
  Latencies run(int transactions, BooleanSupplier counts, long seed)
      throws InterruptedException, ExecutionException {
    return run(new Run(transactions, () -> false, counts, seed));
  }

  /**
   * Goes on until it is said to be over.
   *
   * @param counts asked at each arrival
   */
  Latencies runUntil(BooleanSupplier over, BooleanSupplier counts, long seed)
      throws InterruptedException, ExecutionException {
    return run(new Run(Integer.MAX_VALUE, over, counts, seed));
  }

  private Latencies run(Run run) throws InterruptedException, ExecutionException {
    CyclicBarrier allConnected = new CyclicBarrier(CONNECTIONS, run::begin);
    ExecutorService connections = Executors.newFixedThreadPool(CONNECTIONS);
    try {
      List<Future<?>> ends = new ArrayList<>();
      for (int i = 0; i < CONNECTIONS; i++) {
        ends.add(connections.submit(() -> run.serve(allConnected)));
      }
      for (Future<?> end : ends) {
        end.get();
      }
    } finally {
      connections.shutdownNow();
    }
    return run.latencies;
  }

  private final class Run {
    private final BooleanSupplier over;
    private final BooleanSupplier counts;
    private final Random random;
    private final Latencies latencies = new Latencies();
    private int left;
    private long start;
    private long next;

    Run(int transactions, BooleanSupplier over, BooleanSupplier counts, long seed) {
      this.left = transactions;
      this.over = over;
      this.counts = counts;
      this.random = new Random(seed);
    }

    synchronized void begin() {
      start = System.nanoTime();
      next = start;
    }

    private synchronized long second(long moment) {
      return TimeUnit.NANOSECONDS.toSeconds(moment - start);
    }

    /** The moment of the next arrival. */
    private synchronized long take() {
      next += (long) (-Math.log(1 - random.nextDouble()) / perSecond * 1e9);
      return next;
    }

    private synchronized boolean goesOn() {
      return left > 0 && !over.getAsBoolean();
    }

    private synchronized boolean count() {
      if (left > 0 && counts.getAsBoolean()) {
        left--;
        return true;
      }
      return false;
    }

    Void serve(CyclicBarrier allConnected)
        throws SQLException, InterruptedException, BrokenBarrierException {
      try (Connection connection = dataSource.getConnection();
          PreparedStatement read =
              connection.prepareStatement(
                  "SELECT " + table.rows().read() + " FROM " + table.table() + keyed());
          PreparedStatement update =
              connection.prepareStatement(
                  "UPDATE " + table.table() + " SET " + table.rows().change() + keyed())) {
        allConnected.await();
        while (goesOn()) {
          long arrival = take();
          long wait = arrival - System.nanoTime();
          if (wait > 0) {
            TimeUnit.NANOSECONDS.sleep(wait);
          }
          boolean counted = count();
          transact(read, update);
          if (counted) {
            latencies.add(second(arrival), System.nanoTime() - arrival);
          }
        }
      }
      return null;
    }

    private String keyed() {
      return table.rows().key().stream()
          .map(column -> column.name() + " = " + column.ofParameter())
          .collect(Collectors.joining(" AND ", " WHERE ", ""));
    }

    private void setOrdinal(PreparedStatement statement, long ordinal) throws SQLException {
      int parameters = table.rows().key().stream().mapToInt(KeyColumn::parameters).sum();
      for (int i = 1; i <= parameters; i++) {
        statement.setLong(i, ordinal);
      }
    }

    private void transact(PreparedStatement read, PreparedStatement update) throws SQLException {
      ThreadLocalRandom any = ThreadLocalRandom.current();
      long ordinal = 1 + any.nextLong(rows);
      if (any.nextDouble() < SHARE_OF_READS) {
        setOrdinal(read, ordinal);
        try (ResultSet result = read.executeQuery()) {
          result.next();
        }
      } else {
        setOrdinal(update, ordinal);
        update.executeUpdate();
      }
    }
  }
}
