package dev.backfill.internal.batch;

import dev.backfill.internal.postgres.Target;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;

/** EXPLAIN of a statement as a batch would have it planned. */
final class BatchExplain {
  static final String EXPLAIN = "explain (costs off) ";

  private BatchExplain() {}

  /**
   * Its plan, line by line.
   *
   * @param tx a transaction, which has the batch's planner settings from here on
   * @param by what the statement selects its rows by
   */
  static List<String> of(
      Connection tx, Target target, String statement, List<String> parameters, Rows.By by)
      throws SQLException {
    try (Statement settings = tx.createStatement()) {
      settings.execute("select " + BatchLimits.planning(target, by));
    }
    try (PreparedStatement explain = tx.prepareStatement(EXPLAIN + statement)) {
      Texts.bind(explain, 1, parameters);
      return lines(explain);
    }
  }

  /** What an EXPLAIN returns. */
  static List<String> lines(PreparedStatement explain) throws SQLException {
    List<String> lines = new ArrayList<>();
    try (ResultSet plan = explain.executeQuery()) {
      while (plan.next()) {
        lines.add(plan.getString(1));
      }
    }
    return lines;
  }
}
