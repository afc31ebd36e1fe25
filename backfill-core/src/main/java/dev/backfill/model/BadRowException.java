package dev.backfill.model;

/** A row cannot be filled: its value or a trigger or constraint of the table rejects it. */
public class BadRowException extends BackfillException {
  private static final long serialVersionUID = 1L;

  public BadRowException(String message) {
    super(message);
  }

  public BadRowException(String message, Throwable cause) {
    super(message, cause);
  }
}
