package dev.backfill.testing;

import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;

/** Texts and keys that nobody would choose. */
public final class Hostile {
  private Hostile() {}

  /** Any text but NUL and halves of surrogate pairs. */
  public static Arbitrary<String> texts() {
    return Arbitraries.oneOf(
        Arbitraries.of(
            "",
            "'",
            "''",
            "\\",
            "\\'",
            "E'",
            "$$",
            "?",
            "{0}",
            "${x}",
            "null",
            "NULL",
            "--",
            "/*",
            ";",
            "%",
            "\n",
            "\u00a0",
            "\uFEFF",
            "😀",
            "e\u0301",
            " trailing ",
            "\u0001"),
        Arbitraries.strings()
            .withChars("ab'\"\\$?{}:; %-/*\n\té名\u0001\u2028\uFFFD")
            .ofMaxLength(40));
  }

  /** Types of keys with values at and beyond their usual ends. */
  public static Arbitrary<String> keyTypes() {
    return Arbitraries.of(
        "smallint",
        "bigint",
        "numeric",
        "real",
        "double precision",
        "boolean",
        "text",
        "text collate \"C\"",
        "text collate \"en-x-icu\"",
        "varchar(60)",
        "char(60)",
        "name",
        "\"char\"",
        "bytea",
        "uuid",
        "date",
        "timestamp",
        "timestamptz",
        "time",
        "timetz",
        "interval",
        "inet",
        "macaddr",
        "bit varying",
        "oid",
        "pg_lsn",
        "int4range",
        "int[]",
        "text[]",
        "jsonb");
  }

  /** A value of that type, as its input function reads it. */
  public static Arbitrary<String> valuesOf(String type) {
    return switch (type) {
      case "smallint" -> Arbitraries.shorts().map(String::valueOf);
      case "bigint" -> Arbitraries.longs().map(String::valueOf);
      case "oid" -> Arbitraries.longs().between(0, 4_294_967_295L).map(String::valueOf);
      case "numeric" ->
          Arbitraries.oneOf(
              Arbitraries.of("NaN", "0", "-0.000", "1e-300", "1e300"),
              Arbitraries.bigDecimals().ofScale(15).map(n -> n.toPlainString()));
      case "real" ->
          Arbitraries.oneOf(
              Arbitraries.of("NaN", "Infinity", "-Infinity", "1.4e-45"),
              Arbitraries.floats().filter(f -> f == 0 || Math.abs(f) > 1e-30).map(String::valueOf));
      case "double precision" ->
          Arbitraries.oneOf(
              Arbitraries.of("NaN", "Infinity", "-Infinity", "4.9e-324"),
              Arbitraries.doubles().map(String::valueOf));
      case "boolean" -> Arbitraries.of("t", "f");
      case "\"char\"" -> Arbitraries.strings().withChars("azAZ09\"'\\?").ofLength(1);
      case "bytea" ->
          Arbitraries.bytes()
              .array(byte[].class)
              .ofMaxSize(20)
              .map(bytes -> "\\x" + java.util.HexFormat.of().formatHex(bytes));
      case "uuid" ->
          Combinators.combine(Arbitraries.longs(), Arbitraries.longs())
              .as((high, low) -> new java.util.UUID(high, low).toString());
      case "date" ->
          Arbitraries.oneOf(
              Arbitraries.of("infinity", "-infinity", "4713-01-01 BC", "5874897-12-31"), days());
      case "timestamp", "timestamptz" ->
          Arbitraries.oneOf(
              Arbitraries.of("infinity", "-infinity", "0044-03-15 12:00:00.000001 BC"),
              Combinators.combine(days(), times()).as((day, time) -> day + " " + time));
      case "time" -> times();
      case "timetz" ->
          Combinators.combine(times(), Arbitraries.integers().between(-15, 15))
              .as((time, zone) -> time + (zone < 0 ? "" : "+") + zone + ":30");
      case "interval" ->
          Combinators.combine(
                  Arbitraries.integers().between(-200, 200),
                  Arbitraries.integers().between(-50, 50),
                  Arbitraries.longs().between(-86_400_000_000L, 86_400_000_000L))
              .as(
                  (months, days, micros) ->
                      // Before PostgreSQL 15 a number with a unit has to fit into an int.
                      "%d months %d days %d seconds %d us"
                          .formatted(months, days, micros / 1_000_000, micros % 1_000_000));
      case "inet" ->
          Arbitraries.oneOf(
              Arbitraries.of("::1", "2001:db8::/32", "10.0.0.0/8", "::ffff:1.2.3.4"),
              Arbitraries.integers().between(0, 255).map(n -> "192.168.0." + n + "/" + n % 33));
      case "macaddr" ->
          Arbitraries.integers().between(0, 255).map("08:00:2b:01:02:%02x"::formatted);
      case "bit varying" -> Arbitraries.strings().withChars("01").ofMaxLength(30);
      case "pg_lsn" -> Arbitraries.integers().between(0, Integer.MAX_VALUE).map("%X/0"::formatted);
      case "int4range" ->
          Arbitraries.oneOf(
              Arbitraries.of("empty", "(,)", "[5,)"),
              Arbitraries.integers().between(-1000, 1000).map(n -> "[" + n + "," + (n + 3) + ")"));
      case "int[]" ->
          Arbitraries.integers()
              .list()
              .ofMaxSize(4)
              .map(l -> l.toString().replace('[', '{').replace(']', '}'));
      case "text[]" ->
          Arbitraries.oneOf(
              Arbitraries.of("{}", "{NULL}", "{\"NULL\"}", "{{a,b},{c,d}}"),
              texts().map(t -> "{x," + quotedElement(t) + "}"));
      case "jsonb" ->
          Arbitraries.oneOf(
              Arbitraries.of("null", "[]", "{\"a\": [1, \"?\"]}", "\"'\\\\\""),
              Arbitraries.integers().map(n -> "{\"n\": " + n + "}"));
      default -> texts();
    };
  }

  private static String quotedElement(String text) {
    return '"' + text.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
  }

  private static Arbitrary<String> days() {
    return Arbitraries.integers()
        .between(-700_000, 2_900_000)
        .map(n -> java.time.LocalDate.ofEpochDay(n))
        .filter(day -> day.getYear() >= 1 && day.getYear() <= 9999)
        .map(java.time.LocalDate::toString);
  }

  private static Arbitrary<String> times() {
    return Arbitraries.longs()
        .between(0, 86_399_999_999L)
        .map(micros -> java.time.LocalTime.ofNanoOfDay(micros * 1000).toString());
  }
}
