package dev.backfill.internal.postgres;

/** SQL that the user wrote, made ready to stand inside a prepared statement. */
public final class UserSql {
  private final String sql;
  private final StringBuilder out = new StringBuilder();
  private int at;

  private UserSql(String sql) {
    this.sql = sql;
  }

  /**
   * Doubles question marks that are operators ({@code data ? 'key'}), which JDBC would take for
   * parameters. Those within literals, quoted names and comments stay as they are.
   */
  public static String forPrepared(String sql) {
    return sql.indexOf('?') < 0 ? sql : new UserSql(sql).escaped();
  }

  private String escaped() {
    while (at < sql.length()) {
      char c = sql.charAt(at);
      if (c == '\'') {
        quoted('\'', escapePrefix());
      } else if (c == '"') {
        quoted('"', false);
      } else if (sql.startsWith("--", at)) {
        copyTo(sql.indexOf('\n', at), 0);
      } else if (sql.startsWith("/*", at)) {
        blockComment();
      } else if (c == '$' && tagEnd() > 0) {
        String tag = sql.substring(at, tagEnd());
        copyTo(sql.indexOf(tag, at + tag.length()), tag.length());
      } else {
        out.append(c == '?' ? "??" : String.valueOf(c));
        at++;
      }
    }
    return out.toString();
  }

  /** Whether the quote here begins E'...', and not the quote of date'...', say. */
  private boolean escapePrefix() {
    return at > 0
        && "eE".indexOf(sql.charAt(at - 1)) >= 0
        && (at == 1 || !isIdentifierPart(sql.charAt(at - 2)));
  }

  private static boolean isIdentifierPart(char c) {
    return Character.isLetterOrDigit(c) || c == '_' || c == '$';
  }

  private void quoted(char quote, boolean backslashes) {
    int end = at + 1;
    while (end < sql.length() && sql.charAt(end) != quote) {
      end += backslashes && sql.charAt(end) == '\\' ? 2 : 1;
    }
    copyTo(end < sql.length() ? end : -1, 1);
  }

  private void blockComment() {
    int depth = 0;
    int end = at;
    do {
      if (sql.startsWith("/*", end)) {
        depth++;
        end += 2;
      } else if (sql.startsWith("*/", end)) {
        depth--;
        end += 2;
      } else {
        end++;
      }
    } while (depth > 0 && end < sql.length());
    copyTo(end, 0);
  }

  /** The end of a dollar quote's tag that starts here, or -1. */
  private int tagEnd() {
    int end = at + 1;
    while (end < sql.length()
        && (Character.isLetterOrDigit(sql.charAt(end)) || sql.charAt(end) == '_')) {
      end++;
    }
    boolean number = end > at + 1 && Character.isDigit(sql.charAt(at + 1));
    return end < sql.length() && sql.charAt(end) == '$' && !number ? end + 1 : -1;
  }

  /** Copies up to an index and so many characters more; to the end when the index is negative. */
  private void copyTo(int index, int more) {
    int end = index < 0 ? sql.length() : Math.min(sql.length(), index + more);
    out.append(sql, at, end);
    at = end;
  }
}
