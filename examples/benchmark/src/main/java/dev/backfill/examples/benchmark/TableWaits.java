package dev.backfill.examples.benchmark;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import javax.sql.DataSource;

/**
 * Looks every 5 ms for how long sessions of the application have been waiting for a table, by the
 * server's clock: the part of a latency that is a lock's, and neither the machine's nor the disk's.
 * A wait may be seen up to 5 ms short.
 */
final class TableWaits implements AutoCloseable {
  private static final int LOOK_MILLIS = 5;
  private static final String LONGEST =
      """
      SELECT coalesce(max(extract(epoch FROM clock_timestamp() - l.waitstart)), 0)::float8 * 1000
      FROM pg_locks l JOIN pg_stat_activity a USING (pid)
      WHERE l.locktype = 'relation' AND NOT l.granted AND a.application_name = ?
      """;

  private final DataSource dataSource;
  private final String application;
  private final CompletableFuture<Double> longest;
  private volatile boolean stopped;

  private TableWaits(DataSource dataSource, String application) {
    this.dataSource = dataSource;
    this.application = application;
    this.longest = CompletableFuture.supplyAsync(this::look, StallRun::thread);
  }

  static TableWaits of(BenchServer server, String application) {
    return new TableWaits(server.dataSource(), application);
  }

  private double look() {
    double most = 0;
    try (Connection connection = dataSource.getConnection();
        PreparedStatement statement = connection.prepareStatement(LONGEST)) {
      statement.setString(1, application);
      while (!stopped) {
        try (ResultSet row = statement.executeQuery()) {
          row.next();
          most = Math.max(most, row.getDouble(1));
        }
        Thread.sleep(LOOK_MILLIS);
      }
    } catch (SQLException | InterruptedException e) {
      throw new CompletionException(e);
    }
    return most;
  }

  /** The longest wait in milliseconds; zero when none was seen. */
  double stop() throws InterruptedException, ExecutionException {
    stopped = true;
    return longest.get();
  }

  @Override
  public void close() {
    stopped = true;
  }
}
