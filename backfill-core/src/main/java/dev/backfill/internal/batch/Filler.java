package dev.backfill.internal.batch;

import dev.backfill.internal.postgres.Target;
import dev.backfill.model.ColumnValue;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;

/** Gives the rows that a predicate selects their value, by SQL or by a Java function. */
interface Filler {

  /**
   * Does what needs no lock, before the batch's transaction: a Java function reads and computes.
   */
  Write prepare(Connection connection, LeafSql sql, Rows rows) throws SQLException;

  /** Writes the values inside the batch's transaction. */
  @FunctionalInterface
  interface Write {
    /**
     * @param settings a SELECT that applies the batch's limits and returns the counters in its last
     *     columns; sent in one round trip with the update
     */
    Filled in(Connection connection, String settings) throws SQLException;

    /** All that it sends after the settings, where that is one statement. */
    default Optional<Update> update() {
      return Optional.empty();
    }
  }

  /** An UPDATE with its parameters as text. */
  record Update(String sql, List<String> parameters) {}

  static Filler of(Target target) {
    return target.spec().value() instanceof ColumnValue.Computed computed
        ? new ComputedFiller(target, computed)
        : new SqlFiller(target);
  }
}
