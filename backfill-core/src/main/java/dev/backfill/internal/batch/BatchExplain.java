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
    List<String> lines = new ArrayList<>();
    try (PreparedStatement explain = tx.prepareStatement("explain (costs off) " + statement)) {
      Texts.bind(explain, 1, parameters);
      try (ResultSet plan = explain.executeQuery()) {
        while (plan.next()) {
          lines.add(plan.getString(1));
        }
      }
    }
    return lines;
  }
}
