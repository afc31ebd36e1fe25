package dev.backfill.internal.engine;

import dev.backfill.internal.batch.Outages;
import dev.backfill.internal.postgres.Borrowed;
import dev.backfill.internal.postgres.SqlStates;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import javax.sql.DataSource;
import org.jooq.exception.DataAccessException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one connection that a run keeps besides its workers', for heartbeats, phases and the history.
 * Kept open, so that a starved pool cannot cost the run its lease; opened again when it breaks.
 */
final class ControlConnection implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ControlConnection.class);

  private final DataSource dataSource;
  private final Outages outages;
  private @Nullable Borrowed borrowed;

  ControlConnection(DataSource dataSource, Outages outages) {
    this.dataSource = dataSource;
    this.outages = outages;
  }

  /** Work on the connection; one at a time. */
  @FunctionalInterface
  interface Work<T> {
    T on(Connection connection) throws SQLException, InterruptedException;
  }

  /**
   * A kept connection that broke says nothing of the server: the work, which must bear that, is
   * tried again on a new one.
   */
  synchronized <T> T call(Work<T> work) throws SQLException, InterruptedException {
    if (outages.open()) {
      throw new SQLTransientConnectionException(
          "the server is not asked before the next pause is over", "08000");
    }
    Borrowed kept = borrowed;
    if (kept != null && !kept.isClosed()) {
      try {
        return on(kept, work);
      } catch (SQLException | DataAccessException e) {
        if (SqlStates.classify(e) != SqlStates.Kind.CONNECTION) {
          throw e;
        }
        LOG.debug("The control connection broke", e);
      }
    }
    Borrowed open = Borrowed.from(dataSource);
    borrowed = open;
    return on(open, work);
  }

  /**
   * The same over outages: for what has to be done before the run can go on. The work, which may be
   * done twice, must bear that.
   */
  <T> T insist(Work<T> work) throws SQLException, InterruptedException {
    return insist(
        work,
        lost -> {
          outages.await();
          return true;
        });
  }

  /** The same for work that may itself be what ends its session: it may lose as many as a batch. */
  <T> T insistWithin(Outages.Losses losses, Work<T> work)
      throws SQLException, InterruptedException {
    return insist(work, losses::await);
  }

  /** What is done about a lost session; false when that was one too many. */
  private interface OnLoss {
    boolean await(Exception lost) throws InterruptedException;
  }

  private <T> T insist(Work<T> work, OnLoss onLoss) throws SQLException, InterruptedException {
    Outages.Waits exhausted = outages.waits();
    while (true) {
      try {
        return call(work);
      } catch (SQLException | DataAccessException e) {
        switch (SqlStates.classify(e)) {
          case CONNECTION -> {
            if (!onLoss.await(e)) {
              throw e;
            }
          }
          case EXHAUSTED -> exhausted.pause(e);
          default -> throw e;
        }
      }
    }
  }

  private <T> T on(Borrowed open, Work<T> work) throws SQLException, InterruptedException {
    try {
      return work.on(open.connection());
    } catch (SQLException | DataAccessException e) {
      if (SqlStates.classify(e) == SqlStates.Kind.CONNECTION) {
        borrowed = null;
        discard(open, e);
      }
      throw e;
    }
  }

  /** Work that has no result. */
  @FunctionalInterface
  interface Action {
    void on(Connection connection) throws SQLException, InterruptedException;
  }

  void run(Action action) throws SQLException, InterruptedException {
    call(
        open -> {
          action.on(open);
          return true;
        });
  }

  private static void discard(Borrowed broken, Exception cause) {
    try {
      broken.close();
    } catch (SQLException e) {
      cause.addSuppressed(e);
    }
  }

  @Override
  public synchronized void close() throws SQLException {
    if (borrowed != null) {
      borrowed.close();
      borrowed = null;
    }
  }
}
