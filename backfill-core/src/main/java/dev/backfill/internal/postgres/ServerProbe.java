package dev.backfill.internal.postgres;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

/** Whether a server does what a run needs. */
public final class ServerProbe {
  private ServerProbe() {}

  /**
   * Asks on a connection in auto-commit. One to a server that takes no writes is closed for good,
   * so that a pool cannot lend it again: it may lead to the primary of before a failover.
   *
   * @throws SQLException when it takes no writes (25006), or does not answer
   */
  public static void requireWritable(Connection connection) throws SQLException {
    boolean recovering;
    boolean readOnly;
    try (Statement statement = connection.createStatement();
        ResultSet answer =
            statement.executeQuery(
                "select pg_catalog.pg_is_in_recovery(),"
                    + " pg_catalog.current_setting('transaction_read_only')::bool")) {
      answer.next();
      recovering = answer.getBoolean(1);
      readOnly = answer.getBoolean(2);
    }
    if (recovering || readOnly) {
      connection.abort(Runnable::run);
      throw new SQLException(
          recovering
              ? "the server is a standby, and takes no writes until it is promoted"
              : "the server takes no writes: default_transaction_read_only is on",
          SqlStates.READ_ONLY);
    }
  }
}
