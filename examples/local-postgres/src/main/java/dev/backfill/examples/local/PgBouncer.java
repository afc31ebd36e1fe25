package dev.backfill.examples.local;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.awaitility.Awaitility;
import org.postgresql.ds.PGSimpleDataSource;

/**
 * A PgBouncer in transaction mode before a server of this machine, for all its databases and roles.
 * It outlives the server's restarts. What is still open when the JVM ends is closed then. As root
 * it runs in a user namespace of its own, as the server does.
 */
public final class PgBouncer implements AutoCloseable {
  private static final Duration LONG = Duration.ofSeconds(30);

  private static final Set<PgBouncer> OPEN = ConcurrentHashMap.newKeySet();

  static {
    Runtime.getRuntime()
        .addShutdownHook(new Thread(() -> OPEN.forEach(PgBouncer::close), "pgbouncer"));
  }

  private final LocalPostgres server;
  private final Path directory;
  private final PgBouncerBinary binary;
  private final int port;
  private final Process process;

  private PgBouncer(LocalPostgres server, PgBouncerBinary binary) throws IOException {
    this.server = server;
    this.binary = binary;
    directory = Files.createTempDirectory("backfill-pgbouncer-");
    port = freePort();
    process = run();
  }

  /**
   * Starts one, and returns once it accepts connections.
   *
   * @throws IllegalStateException without the program on the PATH or in /usr/sbin
   */
  public static PgBouncer before(LocalPostgres server) {
    try {
      PgBouncer bouncer = new PgBouncer(server, PgBouncerBinary.find());
      OPEN.add(bouncer);
      bouncer.awaitListening();
      return bouncer;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private Process run() throws IOException {
    Path users = directory.resolve("users.txt");
    Files.writeString(users, "\"postgres\" \"\"\n");
    Path configuration = directory.resolve("pgbouncer.ini");
    Files.writeString(configuration, configuration(users));
    List<String> command = new ArrayList<>();
    if ("root".equals(System.getProperty("user.name"))) {
      command.addAll(List.of("unshare", "-U"));
    }
    command.addAll(List.of(binary.path().toString(), configuration.toString()));
    return new ProcessBuilder(command)
        .redirectErrorStream(true)
        .redirectOutput(log().toFile())
        .start();
  }

  private String configuration(Path users) {
    String prepared = binary.keepsPreparedStatements() ? "max_prepared_statements = 200" : "";
    return """
    [databases]
    * = host=127.0.0.1 port=%d auth_user=postgres
    [pgbouncer]
    listen_addr = 127.0.0.1
    listen_port = %d
    unix_socket_dir =
    pool_mode = transaction
    default_pool_size = 50
    max_client_conn = 1000
    auth_type = trust
    auth_file = %s
    auth_query = select usename, passwd from pg_catalog.pg_shadow where usename = $1
    ignore_startup_parameters = extra_float_digits
    server_login_retry = 0.1
    # While the server is down, clients are kept waiting for so long.
    query_wait_timeout = 5
    # A session reports what it counted when it ends.
    server_idle_timeout = 1
    %s
    """
        .formatted(server.port(), port, users, prepared);
  }

  private Path log() {
    return directory.resolve("log");
  }

  // Nobody else takes it before the program does, or the start fails and says so.
  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  private void awaitListening() {
    Awaitility.await("PgBouncer to listen")
        .atMost(LONG)
        .pollInterval(Duration.ofMillis(20))
        .until(() -> !process.isAlive() || isListening());
    if (!process.isAlive()) {
      String told = told();
      close();
      throw new IllegalStateException(binary.path() + " did not start: " + told);
    }
  }

  private boolean isListening() throws IOException {
    try (Socket socket = new Socket()) {
      socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
      return true;
    } catch (ConnectException notYet) {
      return false;
    }
  }

  private String told() {
    try {
      return Files.readString(log(), StandardCharsets.UTF_8).strip();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Whether a client may use named prepared statements: from PgBouncer 1.21 on. */
  public boolean keepsPreparedStatements() {
    return binary.keepsPreparedStatements();
  }

  /**
   * A new data source for a database, as the superuser, with what this version of PgBouncer asks of
   * the driver; it opens a connection each time.
   */
  public PGSimpleDataSource dataSource(String database) {
    PGSimpleDataSource dataSource = server.dataSource(database);
    dataSource.setServerNames(new String[] {"127.0.0.1"});
    dataSource.setPortNumbers(new int[] {port});
    // Sends the application's name as it connects. By a SET of its own PgBouncer does not hear of
    // it
    // where the session has that name already, and takes it away later.
    dataSource.setAssumeMinServerVersion("9.0");
    if (!binary.keepsPreparedStatements()) {
      dataSource.setPrepareThreshold(0);
    }
    return dataSource;
  }

  /** Breaks all connections, and deletes its files. */
  @Override
  public void close() {
    if (OPEN.remove(this)) {
      // Asked politely, newer versions wait for their clients.
      process.destroyForcibly().onExit().join();
      Directories.delete(directory);
    }
  }
}
