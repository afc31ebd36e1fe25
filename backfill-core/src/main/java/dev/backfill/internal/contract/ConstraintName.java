package dev.backfill.internal.contract;

import java.nio.charset.StandardCharsets;
import java.util.Set;

/** The name of the constraint that the library creates: the same at every start of a run. */
final class ConstraintName {
  static final String PREFIX = "backfill_";
  private static final String SUFFIX = "_not_null";
  private static final int MAX_BYTES = 63;

  private ConstraintName() {}

  /**
   * @param taken names that stand for something else on the table
   */
  static String free(String column, Set<String> taken) {
    String name = PREFIX + column + SUFFIX;
    String hash = Integer.toHexString(column.hashCode());
    for (int i = 1; taken.contains(name) || bytes(name) > MAX_BYTES; i++) {
      name = PREFIX + hash + (i == 1 ? "" : "_" + i) + SUFFIX;
    }
    return name;
  }

  private static int bytes(String name) {
    return name.getBytes(StandardCharsets.UTF_8).length;
  }
}
