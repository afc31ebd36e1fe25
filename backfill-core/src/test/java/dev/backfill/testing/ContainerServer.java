package dev.backfill.testing;

import java.util.ArrayList;
import java.util.List;
import org.postgresql.ds.PGSimpleDataSource;
import org.testcontainers.postgresql.PostgreSQLContainer;
import org.testcontainers.utility.DockerImageName;

/** PostgreSQL in a container; Testcontainers removes it when the JVM ends. */
record ContainerServer(String host, int port, String user, String password) implements Server {

  static Server start() {
    String image =
        System.getProperty(
            "backfill.test.image", "postgres:" + System.getProperty("postgres.version", "18"));
    try {
      return start(image);
    } catch (RuntimeException e) {
      throw new IllegalStateException(
          "The container "
              + image
              + " did not start: "
              + e.getMessage()
              + ". It needs a running Docker daemon that has or can pull the image"
              + " (-Dbackfill.test.image); or choose another server with"
              + " -Dbackfill.test.postgres=embedded or a JDBC URL.",
          e);
    }
  }

  // The JVM owns it, not this method.
  @SuppressWarnings("resource")
  private static Server start(String image) {
    PostgreSQLContainer container =
        new PostgreSQLContainer(DockerImageName.parse(image).asCompatibleSubstituteFor("postgres"))
            .withSharedMemorySize(256L << 20)
            .withCommand(command());
    container.start();
    return new ContainerServer(
        container.getHost(),
        container.getMappedPort(PostgreSQLContainer.POSTGRESQL_PORT),
        container.getUsername(),
        container.getPassword());
  }

  private static String[] command() {
    List<String> command = new ArrayList<>(List.of("postgres"));
    ServerSettings.defaults()
        .forEach(
            (name, value) -> {
              command.add("-c");
              command.add(name + "=" + value);
            });
    return command.toArray(String[]::new);
  }

  @Override
  public PGSimpleDataSource connect(String database) {
    PGSimpleDataSource dataSource = new PGSimpleDataSource();
    dataSource.setServerNames(new String[] {host});
    dataSource.setPortNumbers(new int[] {port});
    dataSource.setDatabaseName(database);
    dataSource.setUser(user);
    dataSource.setPassword(password);
    return dataSource;
  }

  @Override
  public PGSimpleDataSource connectApplication(String database) {
    return connect(database);
  }
}
