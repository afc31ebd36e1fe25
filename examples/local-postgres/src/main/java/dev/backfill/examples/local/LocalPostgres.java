package dev.backfill.examples.local;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.postgresql.ds.PGSimpleDataSource;

/**
 * A PostgreSQL of its own, from the binaries on the class path, on a free port of this machine. It
 * may be stopped, crashed and started again on the same data and port. What is still open when the
 * JVM ends is closed then. As root it runs in a user namespace of its own. Not thread-safe.
 */
public final class LocalPostgres implements AutoCloseable {
  private static final Duration LONG = Duration.ofSeconds(60);

  /** The embedded server's own defaults are made for tests: nothing is durable. */
  private static final Map<String, String> DEFAULTS =
      Map.of("fsync", "on", "synchronous_commit", "on", "max_connections", "100");

  private static final Set<LocalPostgres> OPEN = ConcurrentHashMap.newKeySet();

  static {
    Runtime.getRuntime()
        .addShutdownHook(new Thread(() -> OPEN.forEach(LocalPostgres::close), "local-postgres"));
  }

  private final Map<String, String> settings;
  private final Path dataDirectory;
  private @Nullable EmbeddedPostgres running;
  private int port;

  private LocalPostgres(Path dataDirectory, Map<String, String> settings) {
    this.dataDirectory = dataDirectory;
    this.settings = Map.copyOf(settings);
  }

  /**
   * Starts a new, empty one.
   *
   * @param settings by the names of postgresql.conf, their values without spaces; what is not given
   *     is PostgreSQL's default, and the time zone UTC
   */
  public static LocalPostgres start(Map<String, String> settings) {
    return start(newDirectory(), settings);
  }

  static LocalPostgres start(Path dataDirectory, Map<String, String> settings) {
    LocalPostgres server = new LocalPostgres(dataDirectory, settings);
    OPEN.add(server);
    server.restart();
    return server;
  }

  static Path newDirectory() {
    try {
      // Its owner's alone, as the server demands; a socket in it has a path of 100 characters at
      // most.
      return Files.createTempDirectory("backfill-pg-");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Starts it after a stop, with the same data, settings and port; recovers first if need be. */
  public void restart() {
    if (running != null) {
      throw new IllegalStateException("the server is running; stop it first");
    }
    EmbeddedPostgres.Builder builder =
        EmbeddedPostgres.builder()
            .setPGStartupWait(LONG)
            .setRegisterShutdownHook(false)
            // Without a locale of its own the cluster takes the shell's.
            .setLocaleConfig("locale", "C")
            .setDataDirectory(dataDirectory)
            .setCleanDataDirectory(false)
            .setPort(port);
    builder.setServerConfig("unix_socket_directories", dataDirectory.toString());
    DEFAULTS.forEach(builder::setServerConfig);
    settings.forEach(builder::setServerConfig);
    try {
      EmbeddedPostgres started = builder.start();
      running = started;
      port = started.getPort();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Ends every session and writes a checkpoint. A primary first sends its standbys all they lack,
   * so stop one that is slow before.
   */
  public void stop() {
    stop("-INT");
  }

  /** Stops as a crash does: no checkpoint, no word to clients, recovery at the next start. */
  public void stopImmediately() {
    stop("-QUIT");
  }

  private void stop(String signal) {
    if (running == null) {
      throw new IllegalStateException("the server is not running");
    }
    try {
      Signals.send(signal, Long.parseLong(Files.readAllLines(pidFile()).get(0).strip()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    awaitEnd();
  }

  /** Waits, for a minute at most, until it has ended, by itself or because it was told to. */
  public void awaitEnd() {
    EmbeddedPostgres server = running;
    if (server == null) {
      throw new IllegalStateException("the server is not running");
    }
    Awaitility.await("the server's end")
        .atMost(LONG)
        // The postmaster removes it as its last act, after its children.
        .until(() -> Files.notExists(pidFile()));
    try {
      server.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    running = null;
  }

  private Path pidFile() {
    return dataDirectory.resolve("postmaster.pid");
  }

  public boolean isRunning() {
    return running != null;
  }

  public int port() {
    return port;
  }

  public Path dataDirectory() {
    return dataDirectory;
  }

  Path unixSocket() {
    return dataDirectory.resolve(".s.PGSQL." + port);
  }

  Map<String, String> settings() {
    return settings;
  }

  /** A new data source for a database, as the superuser; it opens a connection each time. */
  public PGSimpleDataSource dataSource(String database) {
    PGSimpleDataSource dataSource = new PGSimpleDataSource();
    dataSource.setServerNames(new String[] {"localhost"});
    dataSource.setPortNumbers(new int[] {port});
    dataSource.setDatabaseName(database);
    dataSource.setUser("postgres");
    return dataSource;
  }

  /** A JDBC URL with which any process of this machine gets in, as the superuser. */
  public String url(String database) {
    return "jdbc:postgresql://localhost:" + port + "/" + database + "?user=postgres";
  }

  /** Runs statements in the database {@code postgres}, each in its own transaction. */
  public void execute(String... statements) {
    try (Connection connection = dataSource("postgres").getConnection();
        Statement statement = connection.createStatement()) {
      for (String sql : statements) {
        statement.execute(sql);
      }
    } catch (SQLException e) {
      throw new IllegalStateException(e.getMessage() + " in: " + String.join("; ", statements), e);
    }
  }

  /** The first column of the first row in the database {@code postgres}; null without a row. */
  public @Nullable String query(String sql) {
    try (Connection connection = dataSource("postgres").getConnection();
        Statement statement = connection.createStatement();
        ResultSet result = statement.executeQuery(sql)) {
      return result.next() ? result.getString(1) : null;
    } catch (SQLException e) {
      throw new IllegalStateException(e.getMessage() + " in: " + sql, e);
    }
  }

  /** Waits, for a minute at most, until a query in the database {@code postgres} says true. */
  void await(String what, String query) {
    Awaitility.await(what)
        .atMost(LONG)
        .pollInterval(Duration.ofMillis(20))
        .until(() -> "t".equals(query(query)));
  }

  boolean inRecovery() {
    return "t".equals(query("select pg_is_in_recovery()"));
  }

  /** Stops it as a crash does, waiting for nobody, and deletes its files. */
  @Override
  public void close() {
    if (OPEN.remove(this)) {
      if (running != null) {
        stopImmediately();
      }
      Directories.delete(dataDirectory);
    }
  }
}
