package dev.backfill.testing;

import com.zaxxer.hikari.HikariDataSource;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicInteger;
import javax.sql.DataSource;
import org.postgresql.ds.PGSimpleDataSource;

/**
 * A fresh database and its connections, as a superuser unless said otherwise: the library's are the
 * least role's with {@code -Dbackfill.test.role=least}. The statements given here run on
 * connections of their own, each in its own transaction, so that they never disturb the pools under
 * test. Failures are thrown as {@link SqlFailure}, with the statement.
 */
public final class TestDatabase implements AutoCloseable {
  private static final AtomicInteger COUNTER = new AtomicInteger();
  private static final String OWN = "fixture";
  private static final String ROLE_PASSWORD = "secret";

  private final Server server;
  private final String name;
  private final int serverMajor;
  private final Deque<HikariDataSource> pools = new ArrayDeque<>();
  private final List<String> roles = new ArrayList<>();
  private final HikariDataSource own;
  private String libraryRole;
  private HikariDataSource small;

  private TestDatabase(Server server, String name) {
    this.server = server;
    this.name = name;
    own = open(2, server.connect(name), OWN);
    serverMajor = (int) queryLong("select current_setting('server_version_num')::int / 10000");
  }

  /** On the shared server, for tests that no extension of JUnit Jupiter reaches: close it. */
  public static TestDatabase forClass(Class<?> testClass) {
    return create(Server.shared(), testClass);
  }

  static TestDatabase create(Server server, Class<?> testClass) {
    String simple = testClass.getSimpleName().toLowerCase(Locale.ROOT);
    String name =
        "t%d_%d_%s".formatted(ProcessHandle.current().pid(), COUNTER.incrementAndGet(), simple);
    return create(server, name.substring(0, Math.min(name.length(), 55)));
  }

  /** Creates the database; where the server can, text sorts by ICU and not by bytes. */
  static TestDatabase create(Server server, String name) {
    String create = "create database " + quote(name) + " template template0 encoding 'UTF8'";
    run(
        server.connect("postgres"),
        create + (major(server) >= 15 ? " locale_provider icu icu_locale 'en-US' locale 'C'" : ""));
    TestDatabase database = new TestDatabase(server, name);
    // As PostgreSQL 15 and later have it.
    database.execute("revoke create on schema public from public");
    if (LibraryRole.isLeast()) {
      database.connectAsLeast();
    }
    return database;
  }

  private void connectAsLeast() {
    execute("create role " + quote(owner()));
    roles.add(owner());
    execute(LibraryRole.givingTo(quote(owner())));
    libraryRole = name + "_app";
    createLogin(libraryRole);
    execute(LibraryRole.grants(quote(libraryRole), quote(owner()), quote(name)));
  }

  /** Of the tables, where the library connects as the least role. */
  private String owner() {
    return name + "_owner";
  }

  /** A small HikariCP pool, the same at every call. */
  public synchronized DataSource dataSource() {
    if (small == null) {
      small = open(5, unpooled(), "app");
      pools.push(small);
    }
    return small;
  }

  /** A new HikariCP pool of at most so many connections. */
  public synchronized HikariDataSource pool(int size) {
    HikariDataSource pool = open(size, unpooled(), "app");
    pools.push(pool);
    return pool;
  }

  /**
   * As the library connects, by a new connection each time; the caller may change its properties.
   * Through PgBouncer it is no session: the next transaction may be in another one.
   */
  public PGSimpleDataSource unpooled() {
    PGSimpleDataSource dataSource = server.connectApplication(name);
    return libraryRole == null ? dataSource : as(libraryRole, dataSource);
  }

  /**
   * The same with other settings, as of a role with the same rights that has them: PgBouncer passes
   * on no options of a connection.
   *
   * @param settings as in ALTER ROLE ... SET: {@code "deadlock_timeout = '6s'"}
   */
  public synchronized PGSimpleDataSource unpooledWith(String... settings) {
    String role = name + "_" + COUNTER.incrementAndGet();
    PGSimpleDataSource login = login(role);
    if (libraryRole == null) {
      execute("alter role " + quote(role) + " superuser");
    } else {
      execute(LibraryRole.grants(quote(role), quote(owner()), quote(name)));
    }
    for (String setting : settings) {
      execute("alter role " + quote(role) + " set " + setting);
    }
    return login;
  }

  /** Sessions of the server, for whoever is not the library; a new one each time. */
  public PGSimpleDataSource direct() {
    return server.connect(name);
  }

  /** The JDBC URL with user and password, for another process. */
  public String url() {
    PGSimpleDataSource dataSource = unpooled();
    String url = dataSource.getUrl();
    return url
        + (url.contains("?") ? "&" : "?")
        + "user="
        + encode(dataSource.getUser())
        + (dataSource.getPassword() == null ? "" : "&password=" + encode(dataSource.getPassword()));
  }

  public String name() {
    return name;
  }

  /** 14 to 18. */
  public int serverMajor() {
    return serverMajor;
  }

  /** Runs each statement in its own transaction. */
  public void execute(String... statements) {
    for (String statement : statements) {
      run(own, statement);
    }
  }

  /** Runs one statement with arguments and returns how many rows it changed. */
  public int update(String sql, Object... arguments) {
    return with(sql, arguments, PreparedStatement::executeUpdate);
  }

  /** The first column of the only row. */
  public long queryLong(String sql, Object... arguments) {
    return Long.parseLong(queryString(sql, arguments));
  }

  /** The first column of the only row, in PostgreSQL's text form; null for NULL. */
  public String queryString(String sql, Object... arguments) {
    List<String> rows = queryStrings(sql, arguments);
    if (rows.size() != 1) {
      throw new IllegalStateException(rows.size() + " rows instead of one: " + sql);
    }
    return rows.get(0);
  }

  /** The first column of every row, in PostgreSQL's text form. */
  public List<String> queryStrings(String sql, Object... arguments) {
    return with(
        sql,
        arguments,
        statement -> {
          List<String> values = new ArrayList<>();
          try (ResultSet rows = statement.executeQuery()) {
            while (rows.next()) {
              values.add(rows.getString(1));
            }
          }
          return values;
        });
  }

  /**
   * Creates a login role with no rights but the given ones and returns a small pool logged in as
   * it.
   *
   * @param role its exact name; dropped with the database, with all that it owns there
   * @param grants what stands between GRANT and TO: {@code "select, update on orders"}, {@code
   *     "usage, create on schema public"}, {@code "pg_monitor"}
   */
  public synchronized DataSource role(String role, String... grants) {
    PGSimpleDataSource login = login(role);
    for (String grant : grants) {
      execute("grant " + grant + " to " + quote(role));
    }
    HikariDataSource pool = open(5, login, "app");
    pools.push(pool);
    return pool;
  }

  private PGSimpleDataSource login(String role) {
    createLogin(role);
    return as(role, unpooled());
  }

  private void createLogin(String role) {
    execute("create role " + quote(role) + " login password '" + ROLE_PASSWORD + "'");
    roles.add(role);
  }

  private static PGSimpleDataSource as(String role, PGSimpleDataSource dataSource) {
    dataSource.setUser(role);
    dataSource.setPassword(ROLE_PASSWORD);
    return dataSource;
  }

  /**
   * Creates {@code orders}, vacuumed and analysed, with keys 1 to {@code rows} and three indexes:
   * the key, customer_id, shipped_at. Every third order is not shipped.
   */
  public void ordersTable(int rows) {
    ordersTable("orders", rows);
  }

  /**
   * The same under another name.
   *
   * @param table as written in SQL, quoted and qualified where it must be
   */
  public void ordersTable(String table, int rows) {
    execute(
        """
        create table %s (
          id bigint generated by default as identity primary key,
          customer_id int not null,
          amount numeric(12, 2) not null,
          shipped_at timestamptz,
          note text,
          touched int not null default 0,
          updated_at timestamptz not null default now())
        """
            .formatted(table),
        """
        insert into %s (customer_id, amount, shipped_at, note)
        select g %% 1000, g %% 977 + 0.25,
               case when g %% 3 <> 0 then timestamptz '2026-01-01 00:00Z' + g * interval '1 s' end,
               'order ' || g || repeat(' .', 20)
        from generate_series(1, %d) g
        """
            .formatted(table, rows),
        "create index on %s (customer_id)".formatted(table),
        "create index on %s (shipped_at)".formatted(table),
        "vacuum (analyze) %s".formatted(table));
  }

  /** Ends the sessions whose application_name begins so; returns how many there were. */
  public long terminateBackends(String applicationPrefix) {
    return queryLong(
        """
        select count(pg_terminate_backend(pid)) from pg_stat_activity
        where datname = current_database() and application_name <> 'fixture'
          and starts_with(application_name, ?)
        """,
        applicationPrefix);
  }

  /** Forgets the fixture's connections after a restart: the pool trusts them for half a second. */
  void reconnect() {
    own.getHikariPoolMXBean().softEvictConnections();
  }

  /** Closes every pool and leaves the database. */
  synchronized void disconnect() {
    pools.forEach(HikariDataSource::close);
    own.close();
  }

  /** Closes every pool, drops the database, whoever is still connected, and its roles. */
  @Override
  public synchronized void close() {
    pools.forEach(HikariDataSource::close);
    pools.clear();
    if (!roles.isEmpty()) {
      roles.forEach(role -> execute("drop owned by " + quote(role) + " cascade"));
    }
    queryStrings("select gid from pg_prepared_xacts where database = current_database()")
        .forEach(gid -> execute("rollback prepared '" + gid.replace("'", "''") + "'"));
    disconnect();
    DataSource maintenance = server.connect("postgres");
    run(maintenance, "drop database " + quote(name) + " with (force)");
    roles.forEach(role -> run(maintenance, "drop role " + quote(role)));
  }

  private static HikariDataSource open(int size, PGSimpleDataSource target, String application) {
    target.setApplicationName(application);
    HikariDataSource pool = new HikariDataSource();
    pool.setDataSource(target);
    pool.setMaximumPoolSize(size);
    pool.setMinimumIdle(0);
    pool.setPoolName(application + "-" + COUNTER.incrementAndGet());
    return pool;
  }

  private static int major(Server server) {
    try (Connection connection = server.connect("postgres").getConnection()) {
      return connection.getMetaData().getDatabaseMajorVersion();
    } catch (SQLException e) {
      throw new SqlFailure("connect", e);
    }
  }

  private static void run(DataSource dataSource, String sql) {
    try (Connection connection = dataSource.getConnection();
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    } catch (SQLException e) {
      throw new SqlFailure(sql, e);
    }
  }

  private <T> T with(String sql, Object[] arguments, Work<T> work) {
    try (Connection connection = own.getConnection();
        PreparedStatement statement = connection.prepareStatement(sql)) {
      for (int i = 0; i < arguments.length; i++) {
        statement.setObject(i + 1, arguments[i]);
      }
      return work.on(statement);
    } catch (SQLException e) {
      throw new SqlFailure(sql, e);
    }
  }

  private static String quote(String identifier) {
    return '"' + identifier.replace("\"", "\"\"") + '"';
  }

  private static String encode(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8);
  }

  private interface Work<T> {
    T on(PreparedStatement statement) throws SQLException;
  }
}
