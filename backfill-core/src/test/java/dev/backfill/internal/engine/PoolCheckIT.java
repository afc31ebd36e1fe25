package dev.backfill.internal.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.backfill.model.PreflightException;
import dev.backfill.testing.PostgresTest;
import dev.backfill.testing.TestDatabase;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.postgresql.ds.PGSimpleDataSource;

/** What is said when a second connection does not come. */
@PostgresTest
class PoolCheckIT {
  TestDatabase database;

  private final AtomicInteger asked = new AtomicInteger();
  private PGSimpleDataSource server;

  @BeforeEach
  void server() {
    server = database.direct();
  }

  /** What is done instead of giving out a second connection. */
  private interface Second {
    Connection get(Connection first) throws SQLException;
  }

  private PGSimpleDataSource thatAnswers(Second second) {
    return new PGSimpleDataSource() {
      private Connection first;

      @Override
      public Connection getConnection() throws SQLException {
        if (asked.getAndIncrement() > 0) {
          return second.get(first);
        }
        first = server.getConnection();
        return first;
      }
    };
  }

  private static Connection refuse(SQLException e) throws SQLException {
    throw e;
  }

  @ParameterizedTest
  @ValueSource(strings = {"08006", "08001", "57P03", "53300", "28P01"})
  @DisplayName("what the server or the network says is not taken for a pool that is too small")
  void refused(String sqlState) {
    assertThatThrownBy(
            () ->
                PoolCheck.require(
                    thatAnswers(first -> refuse(new SQLException("refused", sqlState))), 1))
        .isInstanceOfSatisfying(
            SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo(sqlState));
  }

  @Test
  @DisplayName("a pool that has lent its only connection is too small")
  void onlyOne() {
    assertThatThrownBy(
            () ->
                PoolCheck.require(
                    thatAnswers(first -> refuse(new SQLException("none left within 1 s"))), 1))
        .isInstanceOf(PreflightException.class)
        .hasMessageContaining("a run with 1 worker needs 2");
    asked.set(0);
    assertThatThrownBy(
            () ->
                PoolCheck.require(
                    thatAnswers(
                        first -> refuse(new SQLTransientConnectionException("timeout", "08001"))),
                    1))
        .isInstanceOf(PreflightException.class);
  }

  @Test
  @DisplayName("a network that is cut while a second connection is asked for is no small pool")
  void cut() {
    assertThatThrownBy(
            () ->
                PoolCheck.require(
                    thatAnswers(
                        first -> {
                          terminate(first);
                          return refuse(new SQLException("none came"));
                        }),
                    1))
        .isInstanceOf(SQLException.class)
        .hasMessageContaining("the connection was lost while a second one was asked for");
  }

  private void terminate(Connection session) throws SQLException {
    try (var statement = session.createStatement();
        var pid = statement.executeQuery("select pg_backend_pid()")) {
      pid.next();
      database.execute("select pg_terminate_backend(" + pid.getInt(1) + ", 10000)");
    }
  }
}
