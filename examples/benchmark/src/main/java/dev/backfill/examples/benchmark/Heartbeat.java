package dev.backfill.examples.benchmark;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import javax.sql.DataSource;

/**
 * Commits a row with the time on the primary, ten times a second. The age of the newest one that a
 * standby shows is what an application that reads there misses: the lag as it is, whatever the
 * primary believes. It reads up to 0.1 s, and the duration of a commit, too much, never too little;
 * both servers have the clock of this machine.
 */
final class Heartbeat implements AutoCloseable {
  private static final int PERIOD_MILLIS = 100;

  private final Connection connection;
  private final ScheduledExecutorService clock =
      Executors.newSingleThreadScheduledExecutor(
          task -> {
            Thread thread = new Thread(task, "heartbeat");
            thread.setDaemon(true);
            return thread;
          });
  private final ScheduledFuture<?> beating;

  private Heartbeat(Connection connection, PreparedStatement beat) {
    this.connection = connection;
    beating =
        clock.scheduleAtFixedRate(() -> commit(beat), 0, PERIOD_MILLIS, TimeUnit.MILLISECONDS);
  }

  static Heartbeat start(DataSource primary) throws SQLException {
    Sql.execute(
        primary,
        "CREATE TABLE heartbeat (at timestamptz PRIMARY KEY)",
        "INSERT INTO heartbeat VALUES (clock_timestamp())");
    Connection connection = primary.getConnection();
    return new Heartbeat(
        connection,
        connection.prepareStatement("INSERT INTO heartbeat VALUES (clock_timestamp())"));
  }

  private static void commit(PreparedStatement beat) {
    try {
      beat.executeUpdate();
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Fails when it has stopped, and the lag was none. */
  void check() throws InterruptedException, ExecutionException {
    if (beating.isDone()) {
      beating.get();
    }
  }

  static double lagSeconds(Connection standby) throws SQLException {
    try (Statement statement = standby.createStatement();
        ResultSet result =
            statement.executeQuery(
                "SELECT extract(epoch FROM clock_timestamp() - max(at)) FROM heartbeat")) {
      result.next();
      return result.getDouble(1);
    }
  }

  @Override
  public void close() throws SQLException {
    clock.shutdownNow();
    connection.close();
  }
}
