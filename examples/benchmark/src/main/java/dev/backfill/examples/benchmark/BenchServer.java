package dev.backfill.examples.benchmark;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import javax.sql.DataSource;

/** A PostgreSQL of its own, set up like a small production server. */
final class BenchServer implements AutoCloseable {
  private final EmbeddedPostgres postgres;

  private BenchServer(EmbeddedPostgres postgres) {
    this.postgres = postgres;
  }

  static BenchServer start() throws IOException {
    EmbeddedPostgres.Builder builder =
        EmbeddedPostgres.builder().setPGStartupWait(Duration.ofSeconds(60));
    builder.setLocaleConfig("locale", "C");
    settings().forEach(builder::setServerConfig);
    return new BenchServer(builder.start());
  }

  private static Map<String, String> settings() {
    Map<String, String> settings = new LinkedHashMap<>();
    settings.put("shared_buffers", "1GB");
    settings.put("effective_cache_size", "3GB");
    settings.put("maintenance_work_mem", "256MB");
    settings.put("random_page_cost", "1.1");
    settings.put("wal_level", "replica");
    settings.put("min_wal_size", "2GB");
    settings.put("max_wal_size", "8GB");
    settings.put("checkpoint_timeout", "15min");
    // The embedded server's own defaults are made for tests: nothing is durable.
    settings.put("fsync", "on");
    settings.put("full_page_writes", "on");
    settings.put("synchronous_commit", "on");
    settings.put("autovacuum", "on");
    return settings;
  }

  DataSource dataSource() {
    return postgres.getPostgresDatabase();
  }

  /** The version and the settings as the server runs with them, not as they were asked for. */
  String description() throws SQLException {
    StringBuilder text = new StringBuilder();
    try (Connection connection = dataSource().getConnection();
        Statement statement = connection.createStatement()) {
      text.append("PostgreSQL ").append(connection.getMetaData().getDatabaseProductVersion());
      for (String setting : settings().keySet()) {
        try (ResultSet value = statement.executeQuery("SHOW " + setting)) {
          value.next();
          text.append(", ").append(setting).append(' ').append(value.getString(1));
        }
      }
    }
    return text.toString();
  }

  @Override
  public void close() throws IOException {
    postgres.close();
  }
}
