package dev.backfill.model;

/** Another owner took the run over; this one changed nothing since. */
public class LeaseLostException extends BackfillException {
  private static final long serialVersionUID = 1L;

  public LeaseLostException(String message) {
    super(message);
  }

  public LeaseLostException(String message, Throwable cause) {
    super(message, cause);
  }
}
