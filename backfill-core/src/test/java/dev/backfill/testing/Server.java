package dev.backfill.testing;

import org.postgresql.ds.PGSimpleDataSource;

/** A PostgreSQL server that tests may create databases on. */
interface Server {

  /** What -Dbackfill.test.postgres may say, besides a JDBC URL. */
  String EMBEDDED = "embedded";

  String CONTAINER = "container";

  /** A new data source for a database, as a superuser; the caller may change its user. */
  PGSimpleDataSource connect(String database);

  /**
   * The same as an application connects, and the library in it: through PgBouncer, if the tests are
   * run so.
   */
  PGSimpleDataSource connectApplication(String database);

  /** The server of this JVM: started on first use, closed when the JVM ends. */
  static Server shared() {
    return SharedServer.INSTANCE.get();
  }

  static Server start(String provider) {
    Server server =
        switch (provider) {
          case EMBEDDED -> EmbeddedServer.start();
          case CONTAINER -> ContainerServer.start();
          default -> ExistingServer.of(provider);
        };
    ServerRequirements.check(server, provider);
    // Last: a provider that is misspelt, or not there, is the more basic mistake.
    Pooling.requireEmbedded(provider);
    return server;
  }
}
