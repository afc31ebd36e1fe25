package dev.backfill.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.ZoneId;
import javax.sql.DataSource;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

@PostgresTest
class PostgresIT {
  static TestDatabase shared;
  TestDatabase field;

  @Test
  void givesTheSameDatabaseToFieldsAndParameters(TestDatabase parameter) {
    assertThat(parameter).isSameAs(field).isSameAs(shared);
  }

  @Nested
  class InANestedClass {
    TestDatabase inner;

    @Test
    void theDatabaseIsThatOfTheClassAroundIt(TestDatabase parameter) {
      assertThat(parameter).isSameAs(field).isSameAs(inner);
    }
  }

  @Test
  void runsTheVersionThatTheBuildAsksFor() {
    assertThat(field.serverMajor()).isBetween(14, 18);
    String asked = System.getProperty("postgres.version");
    if (asked != null && !System.getProperty("backfill.test.postgres", "").startsWith("jdbc:")) {
      assertThat(field.serverMajor()).hasToString(asked);
    }
  }

  @Test
  void theServersTimeZoneIsNotTheJvms() {
    // A session's own zone is the JVM's: the driver sets it.
    assertThat(field.queryString("select current_setting('log_timezone')"))
        .isNotEqualTo(ZoneId.systemDefault().getId());
  }

  @Test
  void hasCollationsThatDoNotSortByBytes() {
    field.execute("create collation german (provider = icu, locale = 'de')");
    assertThat(field.queryString("select ('a' < 'B' collate german)::text")).isEqualTo("true");
  }

  @Test
  void anotherProcessCanUseTheUrl() throws SQLException {
    try (Connection connection = DriverManager.getConnection(field.url())) {
      assertThat(connection.getCatalog()).isEqualTo(field.name());
    }
  }

  @Test
  void ordersHaveConsecutiveKeysThreeIndexesAndStatistics() {
    field.ordersTable(3000);
    assertThat(field.queryLong("select count(*) from orders where id between 1 and 3000"))
        .isEqualTo(3000);
    assertThat(field.queryLong("select reltuples from pg_class where relname = 'orders'"))
        .isEqualTo(3000);
    assertThat(field.queryLong("select count(*) from pg_indexes where tablename = 'orders'"))
        .isEqualTo(3);
  }

  @Test
  void aRoleHasOnlyTheRightsItWasGiven() throws SQLException {
    field.execute("create table seen (n int)", "create table unseen (n int)");
    DataSource reader = field.role("reader", "select on seen");
    try (Connection connection = reader.getConnection()) {
      connection.createStatement().execute("select n from seen");
      assertThatThrownBy(() -> connection.createStatement().execute("select n from unseen"))
          .isInstanceOf(SQLException.class)
          .hasMessageContaining("permission denied");
    }
  }

  @Test
  void failuresNameTheirStatement() {
    assertThatThrownBy(() -> field.execute("select broken"))
        .isInstanceOf(SqlFailure.class)
        .hasMessageContaining("select broken");
  }
}
