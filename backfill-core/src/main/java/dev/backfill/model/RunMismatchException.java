package dev.backfill.model;

/** A run of this name exists and was started from another definition or table. */
public class RunMismatchException extends BackfillException {
  private static final long serialVersionUID = 1L;

  public RunMismatchException(String message) {
    super(message);
  }

  public RunMismatchException(String message, Throwable cause) {
    super(message, cause);
  }
}
