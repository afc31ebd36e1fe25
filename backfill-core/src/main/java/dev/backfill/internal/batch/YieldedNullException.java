package dev.backfill.internal.batch;

import java.sql.SQLException;

/** The value came out NULL for some rows of a batch; handled as a data error of those rows. */
final class YieldedNullException extends SQLException {
  private static final long serialVersionUID = 1L;

  // 22004: null_value_not_allowed
  YieldedNullException(long nulls, long rows) {
    super("the value is NULL for " + nulls + " of " + rows + " rows", "22004");
  }
}
