package dev.backfill.testing;

/** What the application of {@link Traffic} does to an orders table, one row at a time. */
public enum Operation {
  READ(4, false),
  /** Without naming the new column. */
  INSERT(2, false),
  /** Ships the order, or takes that back: shipped_at changes between NULL and a time. */
  UPDATE_INPUT(4, false),
  /** Changes note and updated_at. */
  UPDATE_OTHER(4, false),
  DELETE(1, false),
  /** Moves the row behind all keys, or far ahead of them. */
  MOVE_KEY(0, false),
  INSERT_WITH_VALUE(1, true),
  WRITE_VALUE(2, true),
  /** As {@link #UPDATE_INPUT}, and writes the new column in the same statement. */
  WRITE_VALUE_AND_INPUT(1, true);

  private final int weight;
  private final boolean newCode;

  Operation(int weight, boolean newCode) {
    this.weight = weight;
    this.newCode = newCode;
  }

  /** How often it happens, relative to the others, unless told otherwise. */
  int weight() {
    return weight;
  }

  /** Whether the application's version that knows the new column does it. */
  boolean isNewCode() {
    return newCode;
  }

  boolean isInsert() {
    return this == INSERT || this == INSERT_WITH_VALUE;
  }

  boolean writesValue() {
    return newCode;
  }
}
