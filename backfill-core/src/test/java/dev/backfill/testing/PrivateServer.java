package dev.backfill.testing;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.awaitility.Awaitility;
import org.postgresql.ds.PGSimpleDataSource;

/**
 * A server of one test's own, always embedded, that may be stopped, crashed and started again on
 * the same data and port. It flushes to disk, unlike the shared one. Not thread-safe.
 */
public final class PrivateServer implements Server, AutoCloseable {
  private static final Duration LONG = Duration.ofSeconds(60);

  private final Map<String, String> settings;
  private final Path dataDirectory;
  private final List<TestDatabase> databases = new ArrayList<>();
  private EmbeddedPostgres running;
  private int port;

  private PrivateServer(Map<String, String> settings, Path dataDirectory) {
    this.settings = settings;
    this.dataDirectory = dataDirectory;
  }

  public static PrivateServer start() {
    return start(Map.of());
  }

  /**
   * Starts one with some settings of its own.
   *
   * @param settings by the names of postgresql.conf, {@code wal_level} = {@code logical} for
   *     example
   */
  public static PrivateServer start(Map<String, String> settings) {
    Map<String, String> all = new LinkedHashMap<>(Map.of("fsync", "on"));
    all.putAll(settings);
    try {
      PrivateServer server =
          new PrivateServer(all, Files.createTempDirectory("backfill-postgres-"));
      server.restart();
      return server;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A new database on this server; it goes with the server. */
  public TestDatabase database() {
    TestDatabase database = TestDatabase.create(this, "t" + (databases.size() + 1));
    databases.add(database);
    return database;
  }

  @Override
  public PGSimpleDataSource connect(String database) {
    return new EmbeddedServer(port).connect(database);
  }

  public int port() {
    return port;
  }

  public Path dataDirectory() {
    return dataDirectory;
  }

  /** Starts it after a stop, with the same data, settings and port; recovers first if need be. */
  public void restart() {
    if (running != null) {
      throw new IllegalStateException("the server is running; stop it first");
    }
    EmbeddedPostgres.Builder builder =
        EmbeddedServer.builder()
            .setDataDirectory(dataDirectory)
            .setCleanDataDirectory(false)
            .setPort(port);
    settings.forEach(builder::setServerConfig);
    try {
      running = builder.start();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    port = running.getPort();
    databases.forEach(TestDatabase::reconnect);
  }

  /** Ends every session and writes a checkpoint. */
  public void stop() {
    stop("-INT");
  }

  /** Stops as a crash does: no checkpoint, no word to clients, recovery at the next start. */
  public void stopImmediately() {
    stop("-QUIT");
  }

  /** Ends the sessions whose application_name begins so; returns how many there were. */
  public long terminateBackends(String applicationPrefix) {
    return databases.stream().mapToLong(d -> d.terminateBackends(applicationPrefix)).sum();
  }

  private void stop(String signal) {
    if (running == null) {
      throw new IllegalStateException("the server is not running");
    }
    Path pidFile = dataDirectory.resolve("postmaster.pid");
    try {
      Signals.send(signal, Long.parseLong(Files.readAllLines(pidFile).get(0).strip()));
      // The postmaster removes it as its last act, after its children.
      Awaitility.await("the server's end").atMost(LONG).until(() -> Files.notExists(pidFile));
      running.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    running = null;
  }

  @Override
  public void close() {
    databases.forEach(TestDatabase::disconnect);
    if (running != null) {
      stop();
    }
    Directories.delete(dataDirectory);
  }
}
