package dev.backfill.internal.checkpoint;

import java.util.Locale;

/** What the bounds and the cursor of a window are. */
public enum WindowKind {
  /** Keys, column by column in their text form. */
  KEY,
  /**
   * Places in the heap in the text form of a tid: {@code (12,0)} is the end of block 11, {@code
   * (12,7)} the seventh row of block 12.
   */
  BLOCK;

  String inDatabase() {
    return name().toLowerCase(Locale.ROOT);
  }

  static WindowKind of(String inDatabase) {
    return valueOf(inDatabase.toUpperCase(Locale.ROOT));
  }
}
