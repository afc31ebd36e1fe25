package dev.backfill.examples.benchmark;

/**
 * A column of a primary key.
 *
 * @param ofOrdinal its value in the n-th row, from 1 on: SQL with {@code n} in it
 * @param lowest a literal below all of its values
 */
record KeyColumn(String name, String type, String ofOrdinal, String lowest) {
  private static final String LOWEST_UUID = "'00000000-0000-0000-0000-000000000000'";

  static KeyColumn sequential(String name, String type) {
    return new KeyColumn(name, type, "n", "0");
  }

  /** Random: neighbours in the index are strewn over the heap. */
  static KeyColumn uuidVersion4(String name) {
    return new KeyColumn(
        name,
        "uuid",
        "overlay(overlay(md5(n::text) placing '4' from 13) placing '8' from 17)::uuid",
        LOWEST_UUID);
  }

  /** In order of time: 48 bits of milliseconds, then a hash. */
  static KeyColumn uuidVersion7(String name) {
    return new KeyColumn(
        name,
        "uuid",
        "(lpad(to_hex(1704067200000 + n * 7000), 12, '0') || '7' || substr(md5(n::text), 1, 3)"
            + " || '8' || substr(md5(n::text), 4, 15))::uuid",
        LOWEST_UUID);
  }

  /** The n-th row with a parameter for n. */
  String ofParameter() {
    return ofOrdinal.replaceAll("\\bn\\b", "cast(? as bigint)");
  }

  /** How often n stands in it. */
  int parameters() {
    return (int) ofParameter().chars().filter(c -> c == '?').count();
  }

  String ddl() {
    return name + " " + type + " NOT NULL";
  }
}
