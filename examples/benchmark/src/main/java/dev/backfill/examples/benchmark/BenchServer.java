package dev.backfill.examples.benchmark;

import dev.backfill.examples.local.LocalPostgres;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import javax.sql.DataSource;
import org.postgresql.ds.PGSimpleDataSource;

/** A PostgreSQL of its own, set up like a small production server. */
final class BenchServer implements AutoCloseable {
  /** What the contenders work in; {@link FreshTables} makes it. */
  static final String DATABASE = "bench";

  private final LocalPostgres postgres;

  private BenchServer(LocalPostgres postgres) {
    this.postgres = postgres;
  }

  /** One whose checkpoints come so late that each contender has its own. */
  static BenchServer start() {
    return start(Map.of("checkpoint_timeout", "15min"));
  }

  static BenchServer start(Map<String, String> more) {
    Map<String, String> all = settings();
    all.putAll(more);
    return new BenchServer(LocalPostgres.start(all));
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
    settings.put("fsync", "on");
    settings.put("full_page_writes", "on");
    settings.put("synchronous_commit", "on");
    settings.put("autovacuum", "on");
    return settings;
  }

  LocalPostgres postgres() {
    return postgres;
  }

  /** A database that is never made anew. */
  DataSource operator() {
    return postgres.dataSource("postgres");
  }

  PGSimpleDataSource dataSource() {
    return postgres.dataSource(DATABASE);
  }

  /** Connections that a server lists under this name. */
  DataSource dataSource(String applicationName) {
    PGSimpleDataSource dataSource = dataSource();
    dataSource.setApplicationName(applicationName);
    return dataSource;
  }

  /** The major one. */
  long version() throws SQLException {
    return Sql.majorVersion(operator());
  }

  /**
   * The version and the settings as the server runs with them, not as they were asked for, and what
   * its client runs on.
   */
  String description() throws SQLException {
    StringBuilder text = new StringBuilder();
    try (Connection connection = operator().getConnection();
        Statement statement = connection.createStatement()) {
      text.append("PostgreSQL ").append(connection.getMetaData().getDatabaseProductVersion());
      List<String> told = new ArrayList<>(settings().keySet());
      told.add("checkpoint_timeout");
      for (String setting : told) {
        try (ResultSet value = statement.executeQuery("SHOW " + setting)) {
          value.next();
          text.append(", ").append(setting).append(' ').append(value.getString(1));
        }
      }
    }
    return text.append(", client ").append(ClientUsage.jvm()).toString();
  }

  @Override
  public void close() {
    postgres.close();
  }
}
