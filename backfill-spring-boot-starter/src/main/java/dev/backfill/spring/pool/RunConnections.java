package dev.backfill.spring.pool;

import javax.sql.DataSource;

/** Where a run gets its connections; closing it closes only what was opened for the run. */
public interface RunConnections extends AutoCloseable {
  DataSource dataSource();

  /**
   * Cancels what the run's sessions are executing: a batch is rolled back (57014). Without effect
   * where the sessions are the application's own.
   */
  void cancelStatements();

  @Override
  void close();
}
