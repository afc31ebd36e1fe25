package dev.backfill.internal.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backfill.testing.PostgresTest;
import dev.backfill.testing.SlowVacuum;
import dev.backfill.testing.TestDatabase;
import java.sql.Connection;
import java.sql.SQLException;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;

@PostgresTest
class VacuumStatisticsIT {
  TestDatabase database;

  @Test
  void whoMayNotSeeWhichTableIsVacuumedKnowsThatOneIs() throws SQLException {
    database.execute(
        "create table vacuumed with (autovacuum_enabled = off) as"
            + " select n, repeat('x', 100) from generate_series(1, 50000) n",
        "delete from vacuumed where n % 2 = 0");
    DataSource plain = database.role(database.name() + "_plain");
    DataSource sees = database.role(database.name() + "_sees", "pg_read_all_stats");

    try (SlowVacuum vacuum = SlowVacuum.of(database, "vacuumed")) {
      assertThat(vacuum.pid()).isPositive();
      assertThat(of(plain).hidden()).isTrue();
      assertThat(of(plain).atWork()).isFalse();
      assertThat(of(sees).hidden()).isFalse();
      assertThat(of(sees).atWork()).isTrue();
    }
    assertThat(of(plain).hidden()).isFalse();
  }

  private VacuumStatistics of(DataSource dataSource) throws SQLException {
    long table = database.queryLong("select 'vacuumed'::regclass::oid::bigint");
    try (Connection connection = dataSource.getConnection()) {
      return VacuumStatistics.of(connection, table);
    }
  }
}
