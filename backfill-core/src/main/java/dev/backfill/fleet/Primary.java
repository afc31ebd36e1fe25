package dev.backfill.fleet;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import javax.sql.DataSource;

/**
 * Which server a shard is on. Addresses do not tell: poolers, aliases and several interfaces lead
 * to the same one. The moment at which it was started, in microseconds, is the same for all of its
 * databases, and any role may see it.
 */
record Primary(String startedAt) {

  static Primary of(DataSource dataSource) throws SQLException {
    try (Connection connection = dataSource.getConnection();
        Statement statement = connection.createStatement();
        ResultSet row =
            statement.executeQuery(
                "select extract(epoch from pg_catalog.pg_postmaster_start_time())::text")) {
      row.next();
      Primary primary = new Primary(row.getString(1));
      if (!connection.getAutoCommit()) {
        connection.rollback();
      }
      return primary;
    }
  }
}
