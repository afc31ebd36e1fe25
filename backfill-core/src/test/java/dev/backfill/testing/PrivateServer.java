package dev.backfill.testing;

import dev.backfill.examples.local.LocalPostgres;
import dev.backfill.examples.local.Standby;
import dev.backfill.examples.local.StandbyBuilder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.postgresql.ds.PGSimpleDataSource;

/**
 * A server of one test's own, always embedded, that may be stopped, crashed and started again on
 * the same data and port, and have standbys. It flushes to disk, unlike the shared one. Not
 * thread-safe.
 */
public final class PrivateServer implements Server, AutoCloseable {
  private final LocalPostgres postgres;
  private final Pooling pooling;
  private final List<TestDatabase> databases = new ArrayList<>();

  private PrivateServer(LocalPostgres postgres) {
    this.postgres = postgres;
    this.pooling = Pooling.before(postgres);
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
    Map<String, String> all = new LinkedHashMap<>(ServerSettings.defaults());
    all.put("fsync", "on");
    all.putAll(settings);
    return new PrivateServer(LocalPostgres.start(all));
  }

  /** A new database on this server; it goes with the server. */
  public TestDatabase database() {
    TestDatabase database = TestDatabase.create(this, "t" + (databases.size() + 1));
    databases.add(database);
    return database;
  }

  /** A streaming standby of it, to be described and attached; close it before the server. */
  public StandbyBuilder standby(String applicationName) {
    return Standby.of(postgres).name(applicationName);
  }

  /** Its process. */
  public LocalPostgres postgres() {
    return postgres;
  }

  @Override
  public PGSimpleDataSource connect(String database) {
    return postgres.dataSource(database);
  }

  @Override
  public PGSimpleDataSource connectApplication(String database) {
    return pooling.dataSource(database);
  }

  public int port() {
    return postgres.port();
  }

  public Path dataDirectory() {
    return postgres.dataDirectory();
  }

  /** Starts it after a stop, with the same data, settings and port; recovers first if need be. */
  public void restart() {
    postgres.restart();
    databases.forEach(TestDatabase::reconnect);
  }

  /** Ends every session and writes a checkpoint. */
  public void stop() {
    postgres.stop();
  }

  /** Stops as a crash does: no checkpoint, no word to clients, recovery at the next start. */
  public void stopImmediately() {
    postgres.stopImmediately();
  }

  /** Ends the sessions whose application_name begins so; returns how many there were. */
  public long terminateBackends(String applicationPrefix) {
    return databases.stream().mapToLong(d -> d.terminateBackends(applicationPrefix)).sum();
  }

  @Override
  public void close() {
    databases.forEach(TestDatabase::disconnect);
    pooling.close();
    postgres.close();
  }
}
