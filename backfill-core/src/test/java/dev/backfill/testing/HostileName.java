package dev.backfill.testing;

import java.nio.charset.StandardCharsets;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;

/** Names that nobody would choose, and that PostgreSQL takes when they are quoted. */
public final class HostileName {
  private static final int MOST_BYTES = 63;

  private HostileName() {}

  /** Of a schema, a table or a column; never blank, nor one that PostgreSQL keeps for itself. */
  public static Arbitrary<String> any() {
    return Arbitraries.oneOf(known(), made())
        .filter(name -> !name.isBlank() && !name.startsWith("pg_"))
        .filter(name -> name.getBytes(StandardCharsets.UTF_8).length <= MOST_BYTES);
  }

  private static Arbitrary<String> made() {
    return Arbitraries.strings()
        .withChars("aA1_ \"'\\$?{}:;.,%-/*()[]\n\t~|éß名İ")
        .ofMinLength(1)
        .ofMaxLength(MOST_BYTES);
  }

  /** What has a meaning to SQL, PL/pgSQL, JDBC, jOOQ, a format string, or the library itself. */
  private static Arbitrary<String> known() {
    return Arbitraries.of(
        "select",
        "order",
        "Order",
        "user",
        "default",
        "OLD",
        "new",
        "found",
        "tg_op",
        "value",
        "backfill_computed",
        "backfill_moved",
        "~~backfill_x",
        "t",
        "v",
        "k",
        "n",
        "?",
        "??",
        "{0}",
        "{",
        "}",
        ":name",
        "::",
        "$1",
        "$$",
        "$backfill$",
        "--",
        "-- x",
        "/*",
        "*/",
        ";",
        "'",
        "''",
        "\"",
        "\"\"",
        "\\",
        "\\'",
        "a.b",
        ".",
        "%",
        "%s",
        "%1$s",
        "1a",
        "0",
        " a",
        "a ",
        "a\nb",
        "a\rb",
        "é",
        "e\u0301",
        "名前",
        "😀",
        "ſ",
        "İ",
        "ı",
        "\u00a0x",
        "x".repeat(MOST_BYTES),
        "x".repeat(MOST_BYTES - 1) + "y",
        "é".repeat(31),
        "\"".repeat(MOST_BYTES));
  }
}
