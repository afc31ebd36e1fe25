package dev.backfill.examples.local;

/** Names and values inside other languages. */
final class Quotes {
  private Quotes() {}

  /** A string of SQL, and of postgresql.conf where it has no backslash. */
  static String literal(String text) {
    return "'" + text.replace("'", "''") + "'";
  }

  static String identifier(String name) {
    return "\"" + name.replace("\"", "\"\"") + "\"";
  }

  /** A value of a libpq connection string. */
  static String connectionValue(String text) {
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'";
  }
}
