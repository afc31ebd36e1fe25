package dev.backfill.examples.benchmark;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import javax.sql.DataSource;

/** Connection pools, as applications have them. */
final class Pool {
  /** For four workers, and who watches them. */
  private static final int MOST_CONNECTIONS = 8;

  private Pool() {}

  static HikariDataSource of(DataSource dataSource) {
    HikariConfig config = new HikariConfig();
    config.setDataSource(dataSource);
    config.setMaximumPoolSize(MOST_CONNECTIONS);
    config.setMinimumIdle(1);
    return new HikariDataSource(config);
  }
}
