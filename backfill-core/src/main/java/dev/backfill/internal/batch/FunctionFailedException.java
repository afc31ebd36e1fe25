package dev.backfill.internal.batch;

import dev.backfill.internal.postgres.NoSuchInputException;
import java.sql.SQLException;

/** A Java function threw for a row; handled as a data error of that row. */
final class FunctionFailedException extends SQLException {
  private static final long serialVersionUID = 1L;

  private static final String DATA_EXCEPTION = "22000";

  private final String thrown;

  FunctionFailedException(RuntimeException thrown) {
    super("the function threw " + thrown, DATA_EXCEPTION, thrown);
    this.thrown =
        thrown instanceof NoSuchInputException
            ? String.valueOf(thrown.getMessage())
            : thrown.getClass().getName();
  }

  /** What it threw, without its message, which may hold anything unless it is ours. */
  String withoutValues() {
    return "the function threw " + thrown;
  }
}
