package dev.backfill.spring;

/** The configuration cannot be meant so; the application does not start. */
public final class InvalidBackfillException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final String action;

  InvalidBackfillException(String message, String action) {
    super(message);
    this.action = action;
  }

  InvalidBackfillException(String message, String action, Throwable cause) {
    super(message, cause);
    this.action = action;
  }

  /** What to do next. */
  public String action() {
    return action;
  }
}
