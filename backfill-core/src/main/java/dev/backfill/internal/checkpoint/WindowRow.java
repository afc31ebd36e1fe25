package dev.backfill.internal.checkpoint;

import java.util.List;
import java.util.Optional;

/**
 * A claimed range (lo, hi] of one leaf and how far it is filled.
 *
 * @param kind whether lo, hi and cursor are keys or places
 * @param stripes in how many passes it is filled
 * @param stripeBy what decides to which pass a row belongs
 * @param stripe the pass at work
 * @param cursor the last key or place done in that pass, empty at its start
 */
public record WindowRow(
    long number,
    long leaf,
    String leafName,
    WindowKind kind,
    Optional<List<String>> lo,
    List<String> hi,
    int stripes,
    StripeBy stripeBy,
    int stripe,
    Optional<List<String>> cursor,
    boolean done,
    long rows,
    long hotRows,
    long batches) {

  /** The same window further on. */
  public WindowRow advanced(
      int nextStripe, Optional<List<String>> nextCursor, long moreRows, long moreHotRows) {
    return new WindowRow(
        number,
        leaf,
        leafName,
        kind,
        lo,
        hi,
        stripes,
        stripeBy,
        nextStripe,
        nextCursor,
        nextStripe == stripes,
        rows + moreRows,
        hotRows + moreHotRows,
        batches + 1);
  }
}
