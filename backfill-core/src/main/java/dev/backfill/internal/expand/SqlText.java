package dev.backfill.internal.expand;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/**
 * SQL that the user wrote, cut into tokens as PostgreSQL's scanner does, to find out whether it is
 * closed in itself: with its parentheses balanced, its quotes and comments ended and no semicolon,
 * what stands between our parentheses cannot reach beyond them.
 */
final class SqlText {
  private static final Set<String> SUBQUERY = Set.of("select", "values", "table");

  private final String sql;
  private final boolean backslashEscapes;
  private final List<String> tokens = new ArrayList<>();
  private int at;
  private Optional<String> flaw = Optional.empty();

  /**
   * @param backslashEscapes whether a backslash escapes in plain literals too, as with
   *     standard_conforming_strings off
   */
  SqlText(String sql, boolean backslashEscapes) {
    this.sql = sql;
    this.backslashEscapes = backslashEscapes;
    scan();
    flaw = flaw.or(this::unbalanced);
  }

  /** Why it is not closed in itself, empty when it is. */
  Optional<String> flaw() {
    return flaw;
  }

  /** Whether it holds a subquery; true for sure when it does. */
  boolean mayHoldSubquery() {
    return tokens.stream().anyMatch(t -> SUBQUERY.contains(t.toLowerCase(Locale.ROOT)));
  }

  /** Whether it is one string literal and nothing else, so that it takes any type. */
  boolean isBareLiteral() {
    List<String> rest = tokens.stream().filter(t -> !t.equals("(") && !t.equals(")")).toList();
    return rest.size() == 1 && "'$".indexOf(rest.get(0).charAt(0)) >= 0;
  }

  private Optional<String> unbalanced() {
    Deque<String> open = new ArrayDeque<>();
    for (String token : tokens) {
      switch (token) {
        case "(", "[" -> open.push(token);
        case ")", "]" -> {
          String opening = token.equals(")") ? "(" : "[";
          if (open.isEmpty() || !open.pop().equals(opening)) {
            return Optional.of("it has a " + token + " without its " + opening);
          }
        }
        case ";" -> {
          return Optional.of("it holds a semicolon");
        }
        case "," -> {
          if (open.isEmpty() && !isQuery()) {
            return Optional.of("it is several, separated by commas");
          }
        }
        default -> {}
      }
    }
    return open.isEmpty() ? Optional.empty() : Optional.of("it has a " + open.pop() + " too many");
  }

  private boolean isQuery() {
    String first = tokens.get(0).toLowerCase(Locale.ROOT);
    return SUBQUERY.contains(first) || first.equals("with");
  }

  private void scan() {
    while (at < sql.length() && flaw.isEmpty()) {
      char c = sql.charAt(at);
      if (Character.isWhitespace(c)) {
        at++;
      } else if (sql.startsWith("--", at)) {
        lineComment();
      } else if (sql.startsWith("/*", at)) {
        blockComment();
      } else if (c == '\'') {
        quoted('\'', backslashEscapes, "a string literal");
      } else if (c == '"') {
        quoted('"', false, "a quoted name");
      } else if (c == '$' && tagEnd() > 0) {
        dollarQuoted();
      } else if (isNameStart(c)) {
        name();
      } else {
        tokens.add(String.valueOf(c));
        at++;
      }
    }
  }

  private void name() {
    int start = at;
    while (at < sql.length() && isNamePart(sql.charAt(at))) {
      at++;
    }
    String name = sql.substring(start, at);
    if (name.equalsIgnoreCase("e") && at < sql.length() && sql.charAt(at) == '\'') {
      quoted('\'', true, "a string literal");
    } else {
      tokens.add(name);
    }
  }

  private void quoted(char quote, boolean backslashes, String what) {
    int start = at++;
    while (at < sql.length()) {
      char c = sql.charAt(at);
      if (c == quote && at + 1 < sql.length() && sql.charAt(at + 1) == quote) {
        at += 2;
      } else if (c == quote) {
        tokens.add(sql.substring(start, ++at));
        return;
      } else {
        at += backslashes && c == '\\' ? 2 : 1;
      }
    }
    flaw = Optional.of(what + " is not ended");
  }

  private void dollarQuoted() {
    String tag = sql.substring(at, tagEnd());
    int end = sql.indexOf(tag, at + tag.length());
    if (end < 0) {
      flaw = Optional.of("the literal that begins with " + tag + " is not ended");
    } else {
      tokens.add(sql.substring(at, end + tag.length()));
      at = end + tag.length();
    }
  }

  /** The end of a dollar quote's tag that starts here, or -1. */
  private int tagEnd() {
    int end = at + 1;
    if (end < sql.length() && isNameStart(sql.charAt(end))) {
      while (end < sql.length() && isNamePart(sql.charAt(end)) && sql.charAt(end) != '$') {
        end++;
      }
    }
    return end < sql.length() && sql.charAt(end) == '$' ? end + 1 : -1;
  }

  private void lineComment() {
    while (at < sql.length() && sql.charAt(at) != '\n' && sql.charAt(at) != '\r') {
      at++;
    }
  }

  private void blockComment() {
    int depth = 0;
    do {
      if (sql.startsWith("/*", at)) {
        depth++;
        at += 2;
      } else if (sql.startsWith("*/", at)) {
        depth--;
        at += 2;
      } else {
        at++;
      }
    } while (depth > 0 && at < sql.length());
    if (depth > 0) {
      flaw = Optional.of("a comment is not ended");
    }
  }

  private static boolean isNameStart(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c > 127;
  }

  private static boolean isNamePart(char c) {
    return isNameStart(c) || (c >= '0' && c <= '9') || c == '$';
  }
}
