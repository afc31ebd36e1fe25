package dev.backfill.internal.postgres;

import java.sql.SQLException;

/**
 * An expression that makes its statement fail wherever it is reached: the cast of a sentence to a
 * number, which the error then quotes in every language.
 */
public record Refusal(String sentence) {

  /**
   * @param varying an expression of the row, without which the planner would compute the cast, and
   *     fail, before it knows whether it is reached
   */
  public String sql(String varying) {
    return "cast('%s ' || cast(%s as text) as integer)".formatted(sentence, varying);
  }

  /** Whether a statement failed by it. */
  public boolean caused(SQLException e) {
    return SqlStates.INVALID_TEXT.equals(e.getSQLState())
        && String.valueOf(e.getMessage()).contains(sentence);
  }
}
