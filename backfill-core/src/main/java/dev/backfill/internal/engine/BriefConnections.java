package dev.backfill.internal.engine;

import dev.backfill.internal.postgres.Borrowed;
import java.sql.Connection;
import java.sql.SQLException;
import javax.sql.DataSource;

/**
 * A connection for each piece of work of a rehearsal, given back after it: the run on the copy
 * needs as many as the real one.
 */
final class BriefConnections {
  private final DataSource dataSource;

  BriefConnections(DataSource dataSource) {
    this.dataSource = dataSource;
  }

  /** Work that has a result. */
  interface Query<T> {
    T on(Connection connection) throws SQLException;
  }

  /** Work that has none. */
  interface Action {
    void on(Connection connection) throws SQLException;
  }

  <T> T get(Query<T> query) throws SQLException {
    try (Borrowed borrowed = Borrowed.from(dataSource)) {
      return query.on(borrowed.connection());
    }
  }

  void on(Action action) throws SQLException {
    try (Borrowed borrowed = Borrowed.from(dataSource)) {
      action.on(borrowed.connection());
    }
  }
}
