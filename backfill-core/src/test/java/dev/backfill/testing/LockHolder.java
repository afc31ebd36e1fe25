package dev.backfill.testing;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import org.awaitility.Awaitility;
import org.postgresql.PGConnection;
import org.postgresql.ds.PGSimpleDataSource;

/**
 * A transaction of somebody else, open until it is closed: it holds the locks or the snapshot that
 * its statements took. Closing rolls it back.
 */
public final class LockHolder implements AutoCloseable {
  private static final Duration LONG = Duration.ofSeconds(30);

  private final Connection connection;
  private final int pid;
  private Thread thread;
  private Statement running;
  private volatile SQLException failure;

  private LockHolder(Connection connection) throws SQLException {
    this.connection = connection;
    connection.setAutoCommit(false);
    pid = connection.unwrap(PGConnection.class).getBackendPID();
  }

  /** Runs the statements in one transaction and leaves it idle. */
  public static LockHolder idle(TestDatabase database, String... statements) {
    LockHolder holder = open(database);
    for (String sql : statements) {
      try (Statement statement = holder.connection.createStatement()) {
        statement.execute(sql);
      } catch (SQLException e) {
        holder.close();
        throw new SqlFailure(sql, e);
      }
    }
    return holder;
  }

  /**
   * Holds a table lock.
   *
   * @param mode as in LOCK TABLE, {@code ACCESS EXCLUSIVE} for example
   */
  public static LockHolder table(TestDatabase database, String table, String mode) {
    return idle(database, "lock table " + table + " in " + mode + " mode");
  }

  /** Has read one row of the table, so holds ACCESS SHARE and no snapshot. */
  public static LockHolder reader(TestDatabase database, String table) {
    return idle(database, "select 1 from " + table + " limit 1");
  }

  /** Has locked the rows that the condition chooses, FOR UPDATE. */
  public static LockHolder rows(TestDatabase database, String table, String condition) {
    return idle(
        database, "select 1 from (select from " + table + " where " + condition + " for update) r");
  }

  /** Holds a snapshot, REPEATABLE READ, and no lock on any table of the user. */
  public static LockHolder snapshot(TestDatabase database) {
    return idle(
        database, "set transaction isolation level repeatable read", "select txid_current()");
  }

  /**
   * Runs one long statement, a query with {@code pg_sleep} for example, in a thread of its own.
   * Returns once the server executes it; closing cancels it.
   */
  public static LockHolder running(TestDatabase database, String sql) {
    LockHolder holder = open(database);
    holder.run(sql);
    Awaitility.await("'" + sql + "' to run")
        .atMost(LONG)
        .until(() -> holder.failure != null || holder.isSeenRunning(database, sql));
    if (holder.failure != null) {
      holder.close();
      throw new SqlFailure(sql, holder.failure);
    }
    return holder;
  }

  private static LockHolder open(TestDatabase database) {
    PGSimpleDataSource dataSource = database.direct();
    dataSource.setApplicationName("holder");
    try {
      return new LockHolder(dataSource.getConnection());
    } catch (SQLException e) {
      throw new SqlFailure("connect", e);
    }
  }

  private void run(String sql) {
    try {
      running = connection.createStatement();
    } catch (SQLException e) {
      throw new SqlFailure(sql, e);
    }
    thread =
        new Thread(
            () -> {
              try {
                running.execute(sql);
              } catch (SQLException e) {
                failure = e;
              }
            },
            "lock-holder-" + pid);
    thread.start();
  }

  private boolean isSeenRunning(TestDatabase database, String sql) {
    return database.queryLong(
            """
            select count(*) from pg_stat_activity a
            where pid = ? and state = 'active' and query = ?
              and exists (select from pg_locks l where l.pid = a.pid and locktype = 'relation')
            """,
            pid,
            sql)
        == 1;
  }

  /** The backend's process id, as in pg_locks. */
  public int pid() {
    return pid;
  }

  /** Whether the session is still there: false after somebody terminated it. */
  public boolean isAlive() {
    try {
      return (thread != null && thread.isAlive()) || connection.isValid(5);
    } catch (SQLException e) {
      throw new SqlFailure("is valid", e);
    }
  }

  /** Ends the transaction and the session; a second call does nothing. */
  public void release() {
    try {
      if (thread != null) {
        if (thread.isAlive()) {
          running.cancel();
        }
        thread.join();
        running.close();
      }
      if (connection.isValid(5)) {
        connection.rollback();
      }
      connection.close();
    } catch (SQLException e) {
      throw new SqlFailure("rollback", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void close() {
    release();
  }
}
