package dev.backfill.internal.engine;

import dev.backfill.internal.batch.Outages;
import dev.backfill.internal.postgres.Borrowed;
import dev.backfill.internal.postgres.SqlStates;
import dev.backfill.internal.time.Ticker;
import dev.backfill.model.RetryPolicy;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import javax.sql.DataSource;
import org.jooq.exception.DataAccessException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Work each of whose steps asks the catalogs what is done already, so that it may be begun again in
 * another session. The server ends the session of a process that stands still for a second while it
 * has a strong lock.
 */
final class Reconnecting {
  private static final Logger LOG = LoggerFactory.getLogger(Reconnecting.class);
  // A session that lasted so long did something: losing it says nothing of the work.
  private static final Duration PROGRESS = Duration.ofMinutes(1);

  private final DataSource dataSource;
  private final RetryPolicy policy;
  private final Outages outages;
  private final Ticker ticker;

  Reconnecting(DataSource dataSource, RetryPolicy policy, Outages outages, Ticker ticker) {
    this.dataSource = dataSource;
    this.policy = policy;
    this.outages = outages;
    this.ticker = ticker;
  }

  /** Work on a connection. */
  @FunctionalInterface
  interface Work {
    void on(Connection connection) throws SQLException, InterruptedException;
  }

  void run(Work work) throws SQLException, InterruptedException {
    Outages.Waits exhausted = outages.waits();
    int attempt = 1;
    while (true) {
      long start = ticker.nanos();
      try (Borrowed borrowed = Borrowed.from(dataSource)) {
        work.on(borrowed.connection());
        outages.worked();
        return;
      } catch (SQLException | DataAccessException e) {
        attempt = ticker.nanos() - start < PROGRESS.toNanos() ? attempt + 1 : 1;
        switch (SqlStates.classify(e)) {
          case CONNECTION -> {
            if (attempt > policy.maxAttempts()) {
              throw e;
            }
            LOG.warn(
                "The session was lost: {}. What is left is done in another one.", e.getMessage());
            outages.await();
          }
          // The server is there: only the work tells when it has again what that takes.
          case EXHAUSTED -> exhausted.pause(e);
          default -> throw e;
        }
      }
    }
  }
}
