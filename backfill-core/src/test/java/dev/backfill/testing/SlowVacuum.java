package dev.backfill.testing;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGConnection;

/** Somebody's VACUUM that takes a tenth of a second for a page: at work until it is closed. */
public final class SlowVacuum implements AutoCloseable {
  private static final String AT_WORK =
      "select count(*) from pg_stat_progress_vacuum p join pg_stat_activity a using (pid)"
          + " where pid = ? and heap_blks_scanned > 0 and backend_xmin is not null";
  private static final String CANCELLED = "57014";

  private final Connection connection;
  private final Statement statement;
  private final int pid;
  private final Thread thread;
  private volatile @Nullable SQLException failure;

  private SlowVacuum(TestDatabase database, String target, String... settings) throws SQLException {
    connection = database.direct().getConnection();
    statement = connection.createStatement();
    pid = connection.unwrap(PGConnection.class).getBackendPID();
    statement.execute("set vacuum_cost_delay = '100ms'");
    statement.execute("set vacuum_cost_limit = 1");
    for (String setting : settings) {
      statement.execute("set " + setting);
    }
    thread = new Thread(() -> vacuum(target), "slow-vacuum");
    thread.start();
  }

  /**
   * Returns once it reads the table.
   *
   * @param target what follows VACUUM
   * @param settings of its session, more than those that make it slow
   */
  public static SlowVacuum of(TestDatabase database, String target, String... settings)
      throws SQLException {
    SlowVacuum vacuum = new SlowVacuum(database, target, settings);
    Awaitility.await("VACUUM to be at work")
        .atMost(Duration.ofMinutes(1))
        .until(() -> database.queryLong(AT_WORK, vacuum.pid) == 1);
    return vacuum;
  }

  private void vacuum(String target) {
    try {
      statement.execute("vacuum " + target);
    } catch (SQLException e) {
      failure = e;
    }
  }

  public int pid() {
    return pid;
  }

  /** Cancels it; one that had ended by itself was not there for what the test has seen. */
  @Override
  public void close() throws SQLException {
    statement.cancel();
    awaitEnd();
    connection.close();
    SQLException end = failure;
    if (end == null) {
      throw new IllegalStateException("the slow VACUUM ended before it was cancelled");
    }
    if (!CANCELLED.equals(end.getSQLState())) {
      throw end;
    }
  }

  private void awaitEnd() {
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while a VACUUM was being cancelled", e);
    }
  }
}
