package dev.backfill.internal.postgres;

import java.sql.SQLException;
import java.sql.Statement;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A statement that may run for an hour, and is cancelled when nobody wants it any more. Whoever
 * executes it cannot look meanwhile, so a thread beside it does.
 */
public final class WantedStatement {
  private static final Logger LOG = LoggerFactory.getLogger(WantedStatement.class);
  private static final long LOOK_MILLIS = 250;

  private final Statement statement;
  private final BooleanSupplier wanted;
  private volatile boolean cancelled;

  public WantedStatement(Statement statement, BooleanSupplier wanted) {
    this.statement = statement;
    this.wanted = wanted;
  }

  /**
   * Executes it.
   *
   * @throws Unwanted when it was cancelled for that
   */
  public void execute(String sql) throws SQLException {
    Thread watch = new Thread(this::watch, Thread.currentThread().getName() + "-watch");
    watch.setDaemon(true);
    watch.start();
    try {
      statement.execute(sql);
    } catch (SQLException e) {
      throw cancelled && SqlStates.QUERY_CANCELED.equals(SqlStates.state(e)) ? new Unwanted(e) : e;
    } finally {
      end(watch);
    }
  }

  /** It was cancelled because nobody wanted it any more. */
  public static final class Unwanted extends SQLException {
    private static final long serialVersionUID = 1L;

    Unwanted(SQLException cause) {
      super(cause.getMessage(), cause.getSQLState(), cause);
    }
  }

  private void watch() {
    try {
      while (true) {
        Thread.sleep(LOOK_MILLIS);
        if (!wanted.getAsBoolean()) {
          cancelled = true;
          // Again and again: one that arrives before the server has begun is lost.
          statement.cancel();
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (SQLException e) {
      // No way to the server: the statement goes on to its end, as it would without us.
      LOG.warn(
          "A statement that is no longer wanted could not be cancelled, and ends by itself", e);
    }
  }

  /** Nothing is cancelled after this. An interrupt meanwhile is kept for whoever waits next. */
  private static void end(Thread watch) {
    watch.interrupt();
    boolean interrupted = false;
    while (watch.isAlive()) {
      try {
        watch.join();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
