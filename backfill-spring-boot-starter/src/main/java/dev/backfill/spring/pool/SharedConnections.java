package dev.backfill.spring.pool;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import javax.sql.DataSource;
import org.springframework.jdbc.datasource.DelegatingDataSource;

/** The application's own DataSource, of which the run never holds more than a few connections. */
final class SharedConnections extends DelegatingDataSource implements RunConnections {
  private static final long PATIENCE_SECONDS = 30;

  private final int most;
  private final Semaphore permits;

  SharedConnections(DataSource application, int most) {
    super(application);
    this.most = most;
    this.permits = new Semaphore(most, true);
  }

  @Override
  public Connection getConnection() throws SQLException {
    try {
      if (!permits.tryAcquire(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
        throw new SQLTransientConnectionException(
            "the backfill holds its " + most + " connections already", "08001");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new SQLTransientConnectionException(
          "interrupted while waiting for a connection", "08001", e);
    }
    boolean handedOut = false;
    try {
      Connection counted = counted(super.getConnection());
      handedOut = true;
      return counted;
    } finally {
      if (!handedOut) {
        permits.release();
      }
    }
  }

  private Connection counted(Connection connection) {
    AtomicBoolean open = new AtomicBoolean(true);
    InvocationHandler handler =
        (proxy, method, arguments) -> {
          try {
            return method.invoke(connection, arguments);
          } catch (InvocationTargetException e) {
            throw e.getTargetException();
          } finally {
            if (method.getName().equals("close") && open.getAndSet(false)) {
              permits.release();
            }
          }
        };
    return (Connection)
        Proxy.newProxyInstance(
            Connection.class.getClassLoader(), new Class<?>[] {Connection.class}, handler);
  }

  @Override
  public DataSource dataSource() {
    return this;
  }

  @Override
  public void cancelStatements() {
    // They end by the run's own statement_timeout.
  }

  @Override
  public void close() {
    // Everything that it hands out is the application's.
  }
}
