package dev.backfill.internal.batch;

import java.sql.SQLException;

/** The value came out NULL for some rows of a batch; handled as a data error of those rows. */
final class YieldedNullException extends SQLException {
  private static final long serialVersionUID = 1L;

  private static final String NULL_VALUE_NOT_ALLOWED = "22004";

  YieldedNullException() {
    super("the value is NULL", NULL_VALUE_NOT_ALLOWED);
  }

  YieldedNullException(SQLException refused) {
    super("the value is NULL", NULL_VALUE_NOT_ALLOWED, refused);
  }
}
