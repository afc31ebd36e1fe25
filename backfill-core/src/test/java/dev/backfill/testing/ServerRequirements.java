package dev.backfill.testing;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;

/** What the tests ask of a server: said at once and by name, never by skipping a test. */
final class ServerRequirements {
  private ServerRequirements() {}

  static void check(Server server, String provider) {
    List<String> lacking;
    try (Connection connection = server.connect("postgres").getConnection();
        Statement statement = connection.createStatement();
        ResultSet row =
            statement.executeQuery(
                """
                select current_setting('server_version_num')::int / 10000,
                       (select rolsuper from pg_roles where rolname = current_user),
                       current_setting('max_prepared_transactions')::int,
                       current_setting('max_connections')::int,
                       exists (select from pg_collation where collprovider = 'i'),
                       pg_is_in_recovery()
                """)) {
      row.next();
      lacking = lacking(row);
    } catch (SQLException e) {
      throw new IllegalStateException(
          "No connection to the PostgreSQL of -Dbackfill.test.postgres="
              + provider
              + ": "
              + e.getMessage(),
          e);
    }
    if (!lacking.isEmpty()) {
      throw new IllegalStateException(
          "The PostgreSQL of -Dbackfill.test.postgres="
              + provider
              + " cannot run the tests: "
              + String.join("; ", lacking));
    }
  }

  private static List<String> lacking(ResultSet row) throws SQLException {
    List<String> lacking = new ArrayList<>();
    if (row.getInt(1) < 14) {
      lacking.add("its version is " + row.getInt(1) + ", but must be at least 14");
    }
    if (!row.getBoolean(2)) {
      lacking.add("the user is no superuser");
    }
    if (row.getInt(3) < 2) {
      lacking.add("max_prepared_transactions is " + row.getInt(3) + ", but must be at least 2");
    }
    if (row.getInt(4) < 100) {
      lacking.add("max_connections is " + row.getInt(4) + ", but must be at least 100");
    }
    if (!row.getBoolean(5)) {
      lacking.add("it was built without ICU");
    }
    if (row.getBoolean(6)) {
      lacking.add("it is a standby");
    }
    return lacking;
  }
}
