package dev.backfill.testing;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.UUID;

/** A transaction prepared for two-phase commit: it holds its locks without any session. */
public final class PreparedTransaction implements AutoCloseable {
  private final TestDatabase database;
  private final String gid = UUID.randomUUID().toString();

  private PreparedTransaction(TestDatabase database) {
    this.database = database;
  }

  public static PreparedTransaction of(TestDatabase database, String... statements) {
    PreparedTransaction prepared = new PreparedTransaction(database);
    prepared.prepare(statements);
    return prepared;
  }

  private void prepare(String... statements) {
    try (Connection connection = database.direct().getConnection();
        Statement statement = connection.createStatement()) {
      connection.setAutoCommit(false);
      for (String sql : statements) {
        statement.execute(sql);
      }
      statement.execute("prepare transaction '" + gid + "'");
      connection.setAutoCommit(true);
    } catch (SQLException e) {
      throw new SqlFailure(String.join("; ", statements), e);
    }
  }

  /** Its name in pg_prepared_xacts. */
  public String gid() {
    return gid;
  }

  /** Rolls it back. */
  @Override
  public void close() {
    database.execute("rollback prepared '" + gid + "'");
  }
}
