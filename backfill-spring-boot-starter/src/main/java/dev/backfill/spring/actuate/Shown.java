package dev.backfill.spring.actuate;

import java.sql.SQLException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Leaves out what may hold a value of a row: statements of others, and what the database said. */
final class Shown {
  private static final String QUERY = ", query: ";
  private static final String UNREAD = " cannot be read";

  private Shown() {}

  /** What a run waits for, up to somebody's statement, or the error of a signal's query. */
  static String waitingFor(String reason) {
    int query = reason.indexOf(QUERY);
    String shown = query < 0 ? reason : reason.substring(0, query);
    int unread = shown.indexOf(UNREAD);
    return unread < 0 ? shown : shown.substring(0, unread) + UNREAD + "; the log says why";
  }

  /** The SQLSTATE among the causes. */
  static Optional<String> sqlState(@Nullable Throwable failure) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof SQLException e && e.getSQLState() != null) {
        return Optional.of(e.getSQLState());
      }
    }
    return Optional.empty();
  }
}
