package dev.backfill.internal.expand;

import org.postgresql.util.PSQLException;
import org.postgresql.util.ServerErrorMessage;

/** What the server said, with its hint, without the driver's additions. */
final class ServerText {
  private ServerText() {}

  static String of(Throwable failure) {
    for (Throwable t = failure; t != null; t = t.getCause()) {
      if (t instanceof PSQLException e && e.getServerErrorMessage() != null) {
        ServerErrorMessage message = e.getServerErrorMessage();
        String hint = message.getHint();
        return message.getMessage() + (hint == null ? "" : " (" + hint + ")");
      }
    }
    return String.valueOf(failure.getMessage());
  }
}
