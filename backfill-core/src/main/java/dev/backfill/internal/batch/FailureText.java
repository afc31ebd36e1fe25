package dev.backfill.internal.batch;

import dev.backfill.internal.checkpoint.QuarantineStore.Failure;
import dev.backfill.internal.postgres.RedactedMessage;
import dev.backfill.internal.postgres.SqlStates;
import java.sql.SQLException;

/** What a failure says of a row, without the row's values unless they are wanted. */
final class FailureText {
  private static final int LONGEST = 2_000;

  private FailureText() {}

  static Failure of(SQLException e, boolean values) {
    String text = values ? String.valueOf(e.getMessage()) : withoutValues(e);
    return new Failure(
        String.valueOf(SqlStates.state(e)), text.substring(0, Math.min(LONGEST, text.length())));
  }

  /**
   * What stands for a failure as the cause of another one: logs print the messages of causes too.
   */
  static SQLException cause(SQLException e) {
    Failure failure = of(e, false);
    SQLException cause = new SQLException(failure.message(), failure.sqlState());
    Throwable origin =
        e instanceof FunctionFailedException && e.getCause() != null ? e.getCause() : e;
    cause.setStackTrace(origin.getStackTrace());
    return cause;
  }

  private static String withoutValues(SQLException e) {
    if (e instanceof YieldedNullException) {
      return String.valueOf(e.getMessage());
    }
    if (e instanceof FunctionFailedException failed) {
      return failed.withoutValues();
    }
    return RedactedMessage.of(e);
  }
}
