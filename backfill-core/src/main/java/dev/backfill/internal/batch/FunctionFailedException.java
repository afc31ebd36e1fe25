package dev.backfill.internal.batch;

import dev.backfill.internal.postgres.RedactedMessage;
import java.sql.SQLException;

/** A Java function threw for a row; handled as a data error of that row. */
final class FunctionFailedException extends SQLException {
  private static final long serialVersionUID = 1L;

  private static final String DATA_EXCEPTION = "22000";

  private final String withoutValues;

  FunctionFailedException(RuntimeException thrown) {
    super("the function threw " + thrown, DATA_EXCEPTION, thrown);
    this.withoutValues = RedactedMessage.of(thrown);
  }

  /** What it threw, without its message, which may hold anything unless it is ours. */
  String withoutValues() {
    return withoutValues;
  }
}
