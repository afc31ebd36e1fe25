package dev.backfill.spring.pool;

import com.zaxxer.hikari.HikariDataSource;
import com.zaxxer.hikari.util.Credentials;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Iterator;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;
import javax.sql.DataSource;
import org.postgresql.jdbc.PgConnection;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A small pool with the settings of the application's own. It opens its first connection when it is
 * asked for one, and asks the application's pool for the credentials each time, since they may be
 * rotated.
 */
final class DerivedPool extends HikariDataSource implements RunConnections {
  private static final Logger LOG = LoggerFactory.getLogger(DerivedPool.class);
  private static final Pattern NAME_IN_URL =
      Pattern.compile("(?<=[?&])ApplicationName=[^&]*&?", Pattern.CASE_INSENSITIVE);
  private static final int IDLE_MILLIS = 60_000;

  private final HikariDataSource application;
  private final Set<PgConnection> physical = ConcurrentHashMap.newKeySet();

  private DerivedPool(HikariDataSource application) {
    this.application = application;
  }

  static DerivedPool of(HikariDataSource application, int size, String name, String sessionName) {
    DerivedPool pool = new DerivedPool(application);
    pool.setPoolName(name);
    pool.setMaximumPoolSize(size);
    pool.setMinimumIdle(0);
    pool.setIdleTimeout(IDLE_MILLIS);
    // A server that is away is for the run's own patience.
    pool.setInitializationFailTimeout(-1);
    pool.copyConnectionSettings();
    pool.copyTimeouts();
    if (application.getDataSource() == null) {
      pool.addDataSourceProperty("ApplicationName", sessionName);
    }
    return pool;
  }

  private void copyConnectionSettings() {
    if (application.getJdbcUrl() != null) {
      setJdbcUrl(withoutName(application.getJdbcUrl()));
    }
    if (application.getDriverClassName() != null) {
      setDriverClassName(application.getDriverClassName());
    }
    if (application.getDataSourceClassName() != null) {
      setDataSourceClassName(application.getDataSourceClassName());
    }
    if (application.getDataSource() != null) {
      setDataSource(application.getDataSource());
    }
    // One by one: a copied configuration shares the Properties object with the application's.
    application.getDataSourceProperties().forEach((k, v) -> addDataSourceProperty((String) k, v));
    setSchema(application.getSchema());
    setCatalog(application.getCatalog());
    setConnectionInitSql(application.getConnectionInitSql());
    setConnectionTestQuery(application.getConnectionTestQuery());
    setTransactionIsolation(application.getTransactionIsolation());
    if (application.getExceptionOverrideClassName() != null) {
      setExceptionOverrideClassName(application.getExceptionOverrideClassName());
    }
    if (application.getMetricsTrackerFactory() != null) {
      setMetricsTrackerFactory(application.getMetricsTrackerFactory());
    }
  }

  private void copyTimeouts() {
    setConnectionTimeout(application.getConnectionTimeout());
    setValidationTimeout(application.getValidationTimeout());
    setKeepaliveTime(application.getKeepaliveTime());
    setMaxLifetime(application.getMaxLifetime());
  }

  /** The driver prefers what stands in the URL to its properties. */
  static String withoutName(String url) {
    String without = NAME_IN_URL.matcher(url).replaceAll("");
    return without.endsWith("?") || without.endsWith("&")
        ? without.substring(0, without.length() - 1)
        : without;
  }

  @Override
  public Credentials getCredentials() {
    return application.getCredentials();
  }

  @Override
  public String getUsername() {
    return application.getUsername();
  }

  @Override
  public String getPassword() {
    return application.getPassword();
  }

  @Override
  public DataSource dataSource() {
    return this;
  }

  @Override
  public Connection getConnection() throws SQLException {
    Connection connection = super.getConnection();
    forgetClosed();
    if (connection.isWrapperFor(PgConnection.class)) {
      physical.add(connection.unwrap(PgConnection.class));
    }
    return connection;
  }

  private void forgetClosed() throws SQLException {
    for (Iterator<PgConnection> each = physical.iterator(); each.hasNext(); ) {
      if (each.next().isClosed()) {
        each.remove();
      }
    }
  }

  @Override
  public void cancelStatements() {
    for (PgConnection connection : physical) {
      try {
        connection.cancelQuery();
      } catch (SQLException e) {
        LOG.warn("A statement could not be cancelled: {}", e.getMessage());
      }
    }
  }
}
