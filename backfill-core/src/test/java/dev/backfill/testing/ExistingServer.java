package dev.backfill.testing;

import org.postgresql.ds.PGSimpleDataSource;

/** A server that somebody else runs, by the JDBC URL of one of its databases. */
record ExistingServer(String url) implements Server {

  static Server of(String url) {
    if (!url.startsWith("jdbc:postgresql:")) {
      throw new IllegalStateException(
          "-Dbackfill.test.postgres is '"
              + url
              + "'; it must be embedded, container, or a URL that starts with jdbc:postgresql:");
    }
    return new ExistingServer(url);
  }

  @Override
  public PGSimpleDataSource connect(String database) {
    PGSimpleDataSource dataSource = new PGSimpleDataSource();
    dataSource.setUrl(url);
    if (!database.isEmpty()) {
      dataSource.setDatabaseName(database);
    }
    return dataSource;
  }

  @Override
  public PGSimpleDataSource connectApplication(String database) {
    return connect(database);
  }
}
