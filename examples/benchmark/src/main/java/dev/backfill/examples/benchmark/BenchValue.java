package dev.backfill.examples.benchmark;

import java.util.Locale;

/**
 * What the new column holds. Each value is an SQL expression too, so that all contenders can fill
 * it and the result can be checked.
 */
record BenchValue(Kind kind, String type, String sql) {
  enum Kind {
    EXPRESSION,
    /** One that a library may take for a constant. */
    CONSTANT,
    /** One that is computed in Java by who can do so, from {@link #INPUT}. */
    JAVA_FUNCTION
  }

  static final String INPUT = "reference";

  static final BenchValue STATUS =
      new BenchValue(
          Kind.EXPRESSION,
          "varchar(32)",
          "case when shipped_at is null then 'pending' else 'shipped' end");

  static final String CONSTANT_TEXT = "pending";

  static final BenchValue CONSTANT =
      new BenchValue(Kind.CONSTANT, "varchar(32)", "'" + CONSTANT_TEXT + "'");

  /** 480 bytes, several times what the row had. */
  static final BenchValue LONG_TEXT =
      new BenchValue(Kind.EXPRESSION, "text", "repeat(reference, 15)");

  static final BenchValue JAVA_FUNCTION =
      new BenchValue(Kind.JAVA_FUNCTION, "varchar(32)", "'REF-' || upper(left(" + INPUT + ", 8))");

  /** The same as the SQL of {@link #JAVA_FUNCTION}. */
  static String computed(String reference) {
    return "REF-" + reference.substring(0, 8).toUpperCase(Locale.ROOT);
  }
}
