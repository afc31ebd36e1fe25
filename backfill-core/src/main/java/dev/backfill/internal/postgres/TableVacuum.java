package dev.backfill.internal.postgres;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLWarning;
import java.sql.Statement;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * VACUUM of one table, alone in its session as PostgreSQL wants it. What it takes is SHARE UPDATE
 * EXCLUSIVE, which reads and writes pass, and what it may not have at once it leaves.
 */
public final class TableVacuum {
  // INDEX_CLEANUP ON: entries of few dead rows would be left otherwise, and the rows with them.
  // TRUNCATE FALSE: giving the end of the file back takes ACCESS EXCLUSIVE, and the run would only
  // have it again. PARALLEL 0: workers would be taken from others. The TOAST table has no dead
  // values, since an update passes on what it does not change.
  private static final String OPTIONS =
      "vacuum (skip_locked, index_cleanup on, truncate false, parallel 0, process_toast false) ";

  private TableVacuum() {}

  /** The statement, for a plan. */
  public static String sql(String table) {
    return OPTIONS + table;
  }

  /**
   * Vacuums it.
   *
   * @param connection in no transaction
   * @param table as written in SQL
   * @return why it was not done, as the server says it; empty when it was
   * @throws WantedStatement.Unwanted when it was cancelled since nobody wanted it any more
   */
  public static Optional<String> run(Connection connection, String table, BooleanSupplier wanted)
      throws SQLException {
    try (GentleSession gentle = GentleSession.on(connection);
        Statement statement = gentle.connection().createStatement()) {
      new WantedStatement(statement, wanted).execute(sql(table));
      return refusal(statement.getWarnings());
    }
  }

  private static Optional<String> refusal(@Nullable SQLWarning first) {
    // Of what it may not do VACUUM warns, and succeeds.
    return Optional.ofNullable(first).map(SQLWarning::getMessage);
  }
}
