package dev.backfill.internal.verify;

import dev.backfill.internal.checkpoint.VerificationRow.Compared;
import dev.backfill.internal.postgres.RedactedMessage;
import dev.backfill.internal.postgres.SqlStates;
import dev.backfill.internal.verify.Comparison.Outcome;
import dev.backfill.model.DifferentRow;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Adds up what rows came to that are compared one by one. */
final class Outcomes {
  private final int keys;
  private final List<DifferentRow> different = new ArrayList<>();
  private Compared compared = new Compared(0, 0, 0);

  /**
   * @param keys how many of the rows that differ are kept
   */
  Outcomes(int keys) {
    this.keys = keys;
  }

  /** The comparison of one row. */
  @FunctionalInterface
  interface OneRow {
    Outcome compare() throws SQLException;
  }

  /** Compares a row; one whose value cannot be computed is different. */
  void add(Connection tx, String table, List<String> key, OneRow row) throws SQLException {
    Savepoint before = tx.setSavepoint();
    try {
      add(row.compare());
    } catch (SQLException e) {
      if (SqlStates.classify(e) != SqlStates.Kind.DATA) {
        throw e;
      }
      tx.rollback(before);
      String problem = "SQLSTATE " + SqlStates.state(e) + ", " + RedactedMessage.of(e);
      add(
          new Outcome(
              new Compared(1, 0, 1), List.of(new DifferentRow(table, key, Optional.of(problem)))));
    }
    tx.releaseSavepoint(before);
  }

  void add(Outcome outcome) {
    Compared more = outcome.compared();
    compared =
        new Compared(
            compared.rows() + more.rows(),
            compared.unfilled() + more.unfilled(),
            compared.different() + more.different());
    outcome.different().stream().limit(keys - different.size()).forEach(different::add);
  }

  Outcome sum() {
    return new Outcome(compared, List.copyOf(different));
  }
}
