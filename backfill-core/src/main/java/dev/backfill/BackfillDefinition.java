package dev.backfill;

import dev.backfill.event.BackfillListener;
import dev.backfill.model.Specification;
import java.util.ArrayList;
import java.util.List;
import javax.sql.DataSource;

/**
 * The immutable description of one backfill: may be kept, shared between threads and run on any
 * number of databases. Touches no database by itself.
 */
public final class BackfillDefinition {
  private final Specification specification;
  private final List<BackfillListener> listeners;

  BackfillDefinition(Specification specification, List<BackfillListener> listeners) {
    this.specification = specification;
    this.listeners = List.copyOf(listeners);
  }

  /** What was asked for, option by option. */
  public Specification specification() {
    return specification;
  }

  /** The same definition with one more listener. */
  public BackfillDefinition with(BackfillListener listener) {
    List<BackfillListener> more = new ArrayList<>(listeners);
    more.add(listener);
    return new BackfillDefinition(specification, more);
  }

  /** Binds the definition to a database. The DataSource stays the caller's and is never closed. */
  public BoundBackfill on(DataSource dataSource) {
    return new BoundBackfill(specification, listeners, () -> Databases.callers(dataSource));
  }

  /**
   * Binds the definition to a database. Each call of {@code plan()}, {@code run()} or {@code
   * start()} opens a HikariCP pool of one connection per worker and one more, and closes it at its
   * end.
   */
  public BoundBackfill on(String jdbcUrl, String user, String password) {
    int size = specification.options().workers() + 1;
    return new BoundBackfill(
        specification, listeners, () -> Databases.own(jdbcUrl, user, password, size));
  }

  @Override
  public String toString() {
    return "backfill of "
        + specification.schema().map(s -> s + ".").orElse("")
        + specification.table()
        + "."
        + specification.column();
  }
}
