package dev.backfill.testing;

/**
 * What the application last committed to a row.
 *
 * @param stamp the number of that write, which the row holds in {@code touched}; 0 for none
 * @param value what the application wrote to the new column; null when the derived value is right
 */
record Written(int stamp, String value, boolean deleted) {
  static final Written NEVER = new Written(0, null, false);
}
