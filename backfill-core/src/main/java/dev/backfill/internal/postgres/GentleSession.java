package dev.backfill.internal.postgres;

import java.sql.Connection;
import java.sql.SQLException;
import org.jooq.Record;
import org.postgresql.PGConnection;

/**
 * A session that vacuums at autovacuum's pace and for as long as that takes. A statement that may
 * not be in a transaction takes its settings from the session, so they are set there, and set back.
 *
 * <p>Not behind a pooler, which may give each statement another session: there the settings would
 * stay behind in a stranger's. A pooler is known by its process number, which is not the server's.
 */
final class GentleSession implements AutoCloseable {
  private static final String READ =
      """
      select pg_backend_pid(), current_setting('vacuum_cost_delay'),
        current_setting('statement_timeout'),
        (select case when a.setting::float8 > 0 and v.setting::float8 = 0
                then current_setting(a.name) else current_setting(v.name) end
         from pg_catalog.pg_settings a, pg_catalog.pg_settings v
         where a.name = 'autovacuum_vacuum_cost_delay' and v.name = 'vacuum_cost_delay')
      """;
  private static final String SET =
      "select set_config('vacuum_cost_delay', ?, false), set_config('statement_timeout', ?, false)";

  private final Connection connection;
  private final boolean own;
  private final String costDelay;
  private final String statementTimeout;

  private GentleSession(
      Connection connection, boolean own, String costDelay, String statementTimeout) {
    this.connection = connection;
    this.own = own;
    this.costDelay = costDelay;
    this.statementTimeout = statementTimeout;
  }

  static GentleSession on(Connection connection) throws SQLException {
    Record now = Jooq.on(connection).fetchSingle(READ);
    boolean own =
        connection.isWrapperFor(PGConnection.class)
            && connection.unwrap(PGConnection.class).getBackendPID() == now.get(0, Integer.class);
    GentleSession session =
        new GentleSession(connection, own, now.get(1, String.class), now.get(2, String.class));
    if (own) {
      session.set(now.get(3, String.class), "0");
    }
    return session;
  }

  Connection connection() {
    return connection;
  }

  private void set(String delay, String timeout) {
    Jooq.on(connection).fetch(SET, delay, timeout);
  }

  @Override
  public void close() throws SQLException {
    if (own && !connection.isClosed()) {
      set(costDelay, statementTimeout);
    }
  }
}
