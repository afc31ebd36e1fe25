package dev.backfill.model;

/** Base of everything the library throws. The message says what is wrong and what to do next. */
public class BackfillException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public BackfillException(String message) {
    super(message);
  }

  public BackfillException(String message, Throwable cause) {
    super(message, cause);
  }
}
