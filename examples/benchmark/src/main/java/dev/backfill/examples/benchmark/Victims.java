package dev.backfill.examples.benchmark;

import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadLocalRandom;
import javax.sql.DataSource;

/**
 * Application transactions that update a row which the contender holds, and nothing but those. Each
 * looks, without a lock, for a row among some at random whose last change is not yet committed, and
 * updates it at once; how long that takes is how long it waits. No two of them want the same row.
 */
final class Victims {
  private static final int THREADS = 4;
  private static final int KEYS_LOOKED_AT = 64;
  private static final int REST_MILLIS = 2;

  private static final String LOOK =
      "SELECT id FROM orders WHERE id = ANY (?) AND xmax::text <> '0'"
          + " AND pg_xact_status(xmax::text::xid8) = 'in progress' LIMIT 1";
  private static final String UPDATE = "UPDATE orders SET updated_at = now() WHERE id = ?";

  private final DataSource dataSource;
  private final long rows;

  Victims(DataSource dataSource, long rows) {
    this.dataSource = dataSource;
    this.rows = rows;
  }

  /** Goes on for some seconds, and until the last of them has got its row. */
  Latencies run(double seconds) throws InterruptedException, ExecutionException {
    Latencies waits = new Latencies();
    long start = System.nanoTime();
    long end = start + (long) (seconds * 1e9);
    ExecutorService threads = Executors.newFixedThreadPool(THREADS);
    try {
      List<Future<?>> ends = new ArrayList<>();
      for (int i = 0; i < THREADS; i++) {
        int remainder = i;
        ends.add(threads.submit(() -> serve(remainder, start, end, waits)));
      }
      for (Future<?> future : ends) {
        future.get();
      }
    } finally {
      threads.shutdownNow();
    }
    return waits;
  }

  private Void serve(int remainder, long start, long end, Latencies waits)
      throws SQLException, InterruptedException {
    try (Connection connection = dataSource.getConnection();
        PreparedStatement look = connection.prepareStatement(LOOK);
        PreparedStatement update = connection.prepareStatement(UPDATE)) {
      // The commit's wait for the disk is not one for the row.
      connection.setAutoCommit(false);
      while (System.nanoTime() < end) {
        OptionalLong key = heldRow(connection, look, remainder);
        if (key.isEmpty()) {
          connection.commit();
          Thread.sleep(REST_MILLIS);
          continue;
        }
        update.setLong(1, key.getAsLong());
        long began = System.nanoTime();
        update.executeUpdate();
        waits.add((began - start) / 1_000_000_000, System.nanoTime() - began);
        connection.commit();
      }
    }
    return null;
  }

  private OptionalLong heldRow(Connection connection, PreparedStatement look, int remainder)
      throws SQLException {
    Long[] keys = new Long[KEYS_LOOKED_AT];
    for (int i = 0; i < keys.length; i++) {
      long any = ThreadLocalRandom.current().nextLong(Math.max(1, rows / THREADS));
      keys[i] = 1 + any * THREADS + remainder;
    }
    Array array = connection.createArrayOf("bigint", keys);
    look.setArray(1, array);
    try (ResultSet result = look.executeQuery()) {
      return result.next() ? OptionalLong.of(result.getLong(1)) : OptionalLong.empty();
    }
  }
}
