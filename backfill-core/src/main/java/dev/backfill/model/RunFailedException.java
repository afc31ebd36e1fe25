package dev.backfill.model;

/** The run ended by an error of the database. It can be resumed. */
public class RunFailedException extends BackfillException {
  private static final long serialVersionUID = 1L;

  public RunFailedException(String message) {
    super(message);
  }

  public RunFailedException(String message, Throwable cause) {
    super(message, cause);
  }
}
