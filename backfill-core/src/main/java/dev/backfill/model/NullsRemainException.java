package dev.backfill.model;

/** Rows without a value remain, so NOT NULL was not applied. */
public class NullsRemainException extends BackfillException {
  private static final long serialVersionUID = 1L;

  public NullsRemainException(String message) {
    super(message);
  }

  public NullsRemainException(String message, Throwable cause) {
    super(message, cause);
  }
}
