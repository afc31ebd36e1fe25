package dev.backfill.model;

/** The database disagrees with the definition. Nothing was changed. */
public class PreflightException extends BackfillException {
  private static final long serialVersionUID = 1L;

  public PreflightException(String message) {
    super(message);
  }

  public PreflightException(String message, Throwable cause) {
    super(message, cause);
  }
}
