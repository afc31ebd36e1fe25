package dev.backfill.internal.postgres;

import java.sql.SQLException;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.postgresql.util.PSQLException;
import org.postgresql.util.ServerErrorMessage;

/**
 * What a failure says, without the values of a row.
 *
 * <ol>
 *   <li>Only the server's primary message: DETAIL holds the row, or the key of a unique index.
 *   <li>In quotes stand names and values alike. Kept are the names that the server gives as fields
 *       of the error as well; the rest is taken out, from the first quote to the last, since a
 *       value may contain quotes.
 *   <li>Behind a colon values stand unquoted, and the bytes of a character after 0x.
 *   <li>What user code says, RAISE or a Java exception, may hold anything: only where it was raised
 *       is told.
 * </ol>
 */
public final class RedactedMessage {
  private static final Set<String> RAISES = Set.of("exec_stmt_raise", "exec_stmt_assert");
  private static final Set<String> OF_USER_CODE = Set.of("P0", "09", "38", "39");
  private static final String GONE = "...";
  private static final String NAME = "\u0000";
  private static final String QUOTES =
      "\"'`\u00ab\u00bb\u2018\u2019\u201a\u201c\u201d\u201e\u300c\u300d";
  private static final Pattern QUOTED =
      Pattern.compile("[" + QUOTES + "].*[" + QUOTES + "]", Pattern.DOTALL);
  private static final Pattern BYTES = Pattern.compile("0x\\p{XDigit}+(\\s+0x\\p{XDigit}+)*");
  private static final Pattern BEHIND_COLON = Pattern.compile("[:\uff1a]\\s.*", Pattern.DOTALL);

  private RedactedMessage() {}

  /** Of the server's error. */
  public static String of(SQLException e) {
    return server(e)
        .map(m -> raised(m) ? "raised by " + where(m) : withoutValues(m))
        .orElse("the driver gave no message of the server");
  }

  /** Of what a Java function of the user threw: its class, and its message only if it is ours. */
  public static String of(RuntimeException thrown) {
    return "the function threw "
        + (thrown instanceof NoSuchInputException
            ? String.valueOf(thrown.getMessage())
            : thrown.getClass().getName());
  }

  private static Optional<ServerErrorMessage> server(Throwable failure) {
    for (Throwable t = failure; t != null; t = t.getCause()) {
      if (t instanceof PSQLException e && e.getServerErrorMessage() != null) {
        return Optional.of(e.getServerErrorMessage());
      }
    }
    return Optional.empty();
  }

  /**
   * By RAISE or ASSERT of PL/pgSQL, with whatever SQLSTATE, or by another language with one of
   * theirs, or with one of its own.
   */
  private static boolean raised(ServerErrorMessage message) {
    String state = String.valueOf(message.getSQLState());
    return RAISES.contains(String.valueOf(message.getRoutine()))
        || OF_USER_CODE.contains(state.substring(0, 2));
  }

  /** The first line of the context: function and line; further ones may hold statements. */
  private static String where(ServerErrorMessage message) {
    @Nullable String where = message.getWhere();
    return where == null ? "a function" : where.lines().findFirst().orElse("a function");
  }

  private static String withoutValues(ServerErrorMessage message) {
    String text = String.valueOf(message.getMessage());
    String[] names =
        Stream.of(
                message.getConstraint(),
                message.getColumn(),
                message.getTable(),
                message.getSchema(),
                message.getDatatype())
            .filter(Objects::nonNull)
            .map(name -> "\"" + name + "\"")
            .distinct()
            .toArray(String[]::new);
    // Names step aside first, so that the text between two of them is not taken for a value.
    for (int i = 0; i < names.length; i++) {
      text = text.replace(names[i], NAME + i);
    }
    text = QUOTED.matcher(text).replaceAll(GONE);
    text = BYTES.matcher(text).replaceAll(GONE);
    text = BEHIND_COLON.matcher(text).replaceFirst(": " + GONE);
    for (int i = 0; i < names.length; i++) {
      text = text.replace(NAME + i, names[i]);
    }
    return text;
  }
}
