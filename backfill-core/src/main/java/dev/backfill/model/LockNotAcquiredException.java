package dev.backfill.model;

/**
 * A DDL statement did not get its lock before the deadline, or somebody keeps the table from being
 * read at all. The table is as it was.
 */
public class LockNotAcquiredException extends BackfillException {
  private static final long serialVersionUID = 1L;

  public LockNotAcquiredException(String message) {
    super(message);
  }

  public LockNotAcquiredException(String message, Throwable cause) {
    super(message, cause);
  }
}
