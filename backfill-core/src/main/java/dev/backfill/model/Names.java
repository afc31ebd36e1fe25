package dev.backfill.model;

import java.nio.charset.StandardCharsets;
import java.util.List;

/** Checks the names that a definition is made of. */
public final class Names {
  // NAMEDATALEN - 1: PostgreSQL would cut what is longer, and could cut two names to the same.
  private static final int MAX_BYTES = 63;

  private Names() {}

  /**
   * @throws IllegalArgumentException when the name is blank, too long for PostgreSQL or holds what
   *     it cannot store
   */
  public static String check(String what, String name) {
    if (name.isBlank()) {
      throw new IllegalArgumentException(what + ": the name is blank");
    }
    StorableText.check(what, name);
    int bytes = name.getBytes(StandardCharsets.UTF_8).length;
    if (bytes > MAX_BYTES) {
      throw new IllegalArgumentException(
          what + ": \"" + name + "\" has " + bytes + " bytes, PostgreSQL allows " + MAX_BYTES);
    }
    return name;
  }

  /**
   * Splits {@code schema.table} at its dot.
   *
   * @return one or two checked names
   * @throws IllegalArgumentException when there is more than one dot
   */
  public static List<String> split(String table) {
    int dot = table.indexOf('.');
    if (dot < 0) {
      return List.of(check("table", table));
    }
    if (table.indexOf('.', dot + 1) >= 0) {
      throw new IllegalArgumentException(
          "table: \"" + table + "\" has more than one dot; use column(schema, table, column)");
    }
    return List.of(
        check("schema", table.substring(0, dot)), check("table", table.substring(dot + 1)));
  }
}
