package dev.backfill;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import javax.sql.DataSource;

/** A DataSource for the time of one call; closing it closes only what was opened for it. */
record Databases(DataSource dataSource, Runnable closer) implements AutoCloseable {

  static Databases callers(DataSource dataSource) {
    return new Databases(dataSource, () -> {});
  }

  static Databases own(String jdbcUrl, String user, String password, int size) {
    HikariConfig config = new HikariConfig();
    config.setJdbcUrl(jdbcUrl);
    config.setUsername(user);
    config.setPassword(password);
    config.setMaximumPoolSize(size);
    config.setMinimumIdle(0);
    config.setPoolName("backfill");
    config.addDataSourceProperty("ApplicationName", "backfill");
    HikariDataSource pool = new HikariDataSource(config);
    return new Databases(pool, pool::close);
  }

  @Override
  public void close() {
    closer.run();
  }
}
