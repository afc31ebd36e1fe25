package dev.backfill.internal.checkpoint;

import java.util.Locale;

/** What decides to which stripe of its window a row belongs; the same in every pass. */
public enum StripeBy {
  /**
   * A hash of the key: for any keys, with as many rows per page and stripe as chance will have it.
   */
  HASH,
  /**
   * The key itself, where it is a number without gaps: every stripe has its even share of a page.
   */
  SEQUENCE;

  String inDatabase() {
    return name().toLowerCase(Locale.ROOT);
  }

  static StripeBy of(String inDatabase) {
    return valueOf(inDatabase.toUpperCase(Locale.ROOT));
  }
}
