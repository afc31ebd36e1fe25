package dev.backfill.internal.engine;

import com.zaxxer.hikari.HikariDataSource;
import dev.backfill.internal.postgres.SqlStates;
import dev.backfill.model.PreflightException;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import javax.sql.DataSource;

/**
 * Refuses a pool that the run would starve: it needs a connection per worker and one for its lease.
 */
final class PoolCheck {
  private static final String CONNECTION_FAILURE = "08006";
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private PoolCheck() {}

  static void require(DataSource dataSource, int workers)
      throws SQLException, InterruptedException {
    int needed = workers + 1;
    if (isHikari(dataSource)) {
      int size = dataSource.unwrap(HikariDataSource.class).getMaximumPoolSize();
      if (size < needed) {
        throw tooSmall("The pool has " + size + " connection" + (size == 1 ? "" : "s"), workers);
      }
      return;
    }
    try (Connection first = dataSource.getConnection()) {
      if (!second(dataSource)) {
        requireAlive(first);
        throw tooSmall(
            "While "
                + withoutParameters(first.getMetaData().getURL())
                + " was connected, a second connection did not come within "
                + PATIENCE.toSeconds()
                + " s",
            workers);
      }
    }
  }

  /** What cut the first connection off has kept the second from coming. */
  private static void requireAlive(Connection first) throws SQLException {
    if (!first.isValid((int) PATIENCE.toSeconds())) {
      throw new SQLException(
          "the connection was lost while a second one was asked for", CONNECTION_FAILURE);
    }
  }

  /** A password may be among them. */
  private static String withoutParameters(String url) {
    int parameters = url.indexOf('?');
    return parameters < 0 ? url : url.substring(0, parameters);
  }

  /** As many workers as were asked for, or as the pool has connections for beside the run's own. */
  static int workersWithin(DataSource dataSource, int asked, int atStart) {
    try {
      int most =
          isHikari(dataSource)
              ? dataSource.unwrap(HikariDataSource.class).getMaximumPoolSize() - 1
              : atStart;
      return Math.max(1, Math.min(asked, most));
    } catch (SQLException e) {
      return Math.min(asked, atStart);
    }
  }

  private static boolean isHikari(DataSource dataSource) throws SQLException {
    try {
      return dataSource.isWrapperFor(HikariDataSource.class);
    } catch (NoClassDefFoundError e) {
      // HikariCP is not on the class path, so the pool is another one.
      return false;
    }
  }

  private static boolean second(DataSource dataSource) throws SQLException, InterruptedException {
    CompletableFuture<Connection> second = new CompletableFuture<>();
    Thread thread =
        new Thread(
            () -> {
              try {
                second.complete(dataSource.getConnection());
              } catch (SQLException | RuntimeException e) {
                second.completeExceptionally(e);
              }
            },
            "backfill-pool-check");
    thread.setDaemon(true);
    thread.start();
    try {
      second.get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS).close();
      return true;
    } catch (ExecutionException e) {
      if (e.getCause() instanceof SQLException failure && saysTheServer(failure)) {
        throw failure;
      }
      return false;
    } catch (TimeoutException e) {
      // Whenever it still comes, it goes straight back.
      CompletableFuture<Connection> unused = second.whenComplete((late, error) -> closeLate(late));
      return false;
    }
  }

  /** A pool that has no connection left has no SQLSTATE, or that of a failed connection. */
  private static boolean saysTheServer(SQLException failure) {
    return SqlStates.state(failure) != null
        && !(failure instanceof SQLTransientConnectionException);
  }

  private static void closeLate(@org.jspecify.annotations.Nullable Connection late) {
    if (late != null) {
      try {
        late.close();
      } catch (SQLException e) {
        throw new IllegalStateException(e);
      }
    }
  }

  private static PreflightException tooSmall(String what, int workers) {
    return new PreflightException(
        what
            + ", and a run with "
            + workers
            + (workers == 1 ? " worker needs " : " workers needs ")
            + (workers + 1)
            + ": one per worker and one that keeps its lease. Nothing was changed. Enlarge the pool, ask"
            + " for fewer workers, or use on(jdbcUrl, user, password), which opens a pool of its own.");
  }
}
