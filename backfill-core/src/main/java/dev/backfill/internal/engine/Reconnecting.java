package dev.backfill.internal.engine;

import dev.backfill.internal.batch.Control;
import dev.backfill.internal.postgres.Borrowed;
import dev.backfill.internal.postgres.SqlStates;
import dev.backfill.internal.time.Sleeper;
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

  private final DataSource dataSource;
  private final RetryPolicy policy;
  private final Control control;
  private final Sleeper sleeper;

  Reconnecting(DataSource dataSource, RetryPolicy policy, Control control, Sleeper sleeper) {
    this.dataSource = dataSource;
    this.policy = policy;
    this.control = control;
    this.sleeper = sleeper;
  }

  /** Work on a connection. */
  @FunctionalInterface
  interface Work {
    void on(Connection connection) throws SQLException, InterruptedException;
  }

  void run(Work work) throws SQLException, InterruptedException {
    Duration pause = policy.initialPause();
    for (int attempt = 1; ; attempt++) {
      try (Borrowed borrowed = Borrowed.from(dataSource)) {
        work.on(borrowed.connection());
        return;
      } catch (SQLException | DataAccessException e) {
        if (SqlStates.classify(e) != SqlStates.Kind.CONNECTION || attempt >= policy.maxAttempts()) {
          throw e;
        }
        LOG.warn("The session was lost: {}. What is left is done in another one.", e.getMessage());
      }
      sleeper.sleep(pause);
      control.proceed();
      Duration longer = pause.multipliedBy(2);
      pause = longer.compareTo(policy.maxPause()) < 0 ? longer : policy.maxPause();
    }
  }
}
