package dev.backfill.internal.batch;

import dev.backfill.internal.postgres.Borrowed;
import java.sql.Connection;
import java.sql.SQLException;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one connection of a worker: borrowed when needed, given back between windows and when broken.
 */
final class WorkerConnection implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(WorkerConnection.class);

  private final DataSource dataSource;
  private @Nullable Borrowed borrowed;

  WorkerConnection(DataSource dataSource) {
    this.dataSource = dataSource;
  }

  Connection get() throws SQLException {
    Borrowed current = borrowed;
    if (current == null || current.isClosed()) {
      current = Borrowed.from(dataSource);
      borrowed = current;
    }
    return current.connection();
  }

  /** Gives the connection back, broken or not; the next {@link #get()} borrows another. */
  @Override
  public void close() {
    if (borrowed == null) {
      return;
    }
    try {
      borrowed.close();
    } catch (SQLException e) {
      // A connection that cannot even be closed is gone; the pool finds out by itself.
      LOG.debug("Closing a connection failed", e);
    }
  }
}
