package dev.backfill.model;

/** A DDL statement did not get its lock before the deadline. The table is as it was. */
public class LockNotAcquiredException extends BackfillException {
  private static final long serialVersionUID = 1L;

  public LockNotAcquiredException(String message) {
    super(message);
  }

  public LockNotAcquiredException(String message, Throwable cause) {
    super(message, cause);
  }
}
