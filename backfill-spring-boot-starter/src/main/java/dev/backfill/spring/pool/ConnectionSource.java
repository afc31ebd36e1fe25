package dev.backfill.spring.pool;

import com.zaxxer.hikari.HikariDataSource;
import dev.backfill.model.BackfillException;
import java.sql.SQLException;
import java.util.List;
import java.util.OptionalInt;
import java.util.function.Consumer;
import javax.sql.DataSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.jdbc.datasource.DelegatingDataSource;
import org.springframework.jdbc.datasource.lookup.AbstractRoutingDataSource;

/** Opens the connections of runs beside those of the application. */
public final class ConnectionSource {
  private static final Logger LOG = LoggerFactory.getLogger(ConnectionSource.class);
  // The lease's, and one for looking beside it.
  private static final int BESIDE_WORKERS = 2;

  private final DataSource application;
  private final OptionalInt most;
  private final boolean named;
  private final String sessionName;
  private final List<Consumer<HikariDataSource>> customizers;

  /**
   * @param most how many connections the application's pool has, where it is no HikariCP pool and
   *     says so
   * @param named whether the DataSource was chosen by {@code backfill.datasource}
   * @param sessionName the application_name of the run's sessions
   */
  public ConnectionSource(
      DataSource application,
      OptionalInt most,
      boolean named,
      String sessionName,
      List<Consumer<HikariDataSource>> customizers) {
    this.application = application;
    this.most = most;
    this.named = named;
    this.sessionName = sessionName;
    this.customizers = List.copyOf(customizers);
  }

  /** The application's DataSource: for what is asked for a moment only. */
  public DataSource application() {
    return application;
  }

  /**
   * Opens nothing yet.
   *
   * @throws BackfillException when a run cannot be given connections of this DataSource
   */
  public RunConnections open(String name, int workers) {
    if (!named && routes(application)) {
      throw new BackfillException(
          "The DataSource routes: its connections may lead to one database or another, and a run must"
              + " stay on one. Nothing was changed. Set backfill.datasource to the name of the bean"
              + " that leads to the table's database.");
    }
    if (!routes(application)) {
      HikariDataSource pool = hikari();
      if (pool != null) {
        DerivedPool derived =
            DerivedPool.of(pool, workers + BESIDE_WORKERS, "backfill-" + name, sessionName);
        customizers.forEach(customizer -> customizer.accept(derived));
        return derived;
      }
    }
    if (workers > 1) {
      throw new BackfillException(
          "The DataSource is no HikariCP pool, so the run takes connections of the application's own,"
              + " and that for one worker only, not "
              + workers
              + ". Nothing was changed. Ask for one worker, or name a HikariCP DataSource with"
              + " backfill.datasource.");
    }
    int taken = workers + BESIDE_WORKERS;
    if (most.isPresent() && most.getAsInt() <= 2 * taken) {
      throw new BackfillException(
          "The DataSource is no HikariCP pool, and the run would take "
              + taken
              + " of its "
              + most.getAsInt()
              + " connections, half of them or more. Nothing was changed. Give it more than "
              + 2 * taken
              + ", or name a HikariCP DataSource with backfill.datasource.");
    }
    LOG.warn(
        "The DataSource is no HikariCP pool: the backfill {} takes up to {} of the application's own"
            + " connections, and a batch cannot be cancelled at shutdown. Name a HikariCP DataSource"
            + " with backfill.datasource to give it a pool of its own.",
        name,
        taken);
    return new SharedConnections(application, taken);
  }

  private @org.jspecify.annotations.Nullable HikariDataSource hikari() {
    try {
      return application.isWrapperFor(HikariDataSource.class)
          ? application.unwrap(HikariDataSource.class)
          : null;
    } catch (SQLException e) {
      throw new BackfillException(
          "The DataSource does not say what it is: " + e.getMessage() + ". Nothing was changed.",
          e);
    }
  }

  private static boolean routes(DataSource dataSource) {
    DataSource current = dataSource;
    while (current instanceof DelegatingDataSource delegating) {
      DataSource target = delegating.getTargetDataSource();
      if (target == null) {
        return false;
      }
      current = target;
    }
    return current instanceof AbstractRoutingDataSource;
  }
}
