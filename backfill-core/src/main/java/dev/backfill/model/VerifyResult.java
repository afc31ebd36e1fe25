package dev.backfill.model;

import java.time.Duration;
import java.time.Instant;
import java.util.List;

/**
 * What the comparison of a column with its definition came to. Of a row that is changed meanwhile
 * it tells what the row held when it was read.
 *
 * @param run the run's name
 * @param rowsCompared rows that were read, those of where(...) only
 * @param rowsUnfilled how many of them have no value
 * @param rowsDifferent how many have another value than the definition yields now, or one where it
 *     yields none
 * @param differences the first 100 of those
 * @param startedAt when the comparison began, by the database's clock; earlier than this call where
 *     it went on with one that was cut short
 * @param duration wall time of this call
 */
public record VerifyResult(
    String run,
    long rowsCompared,
    long rowsUnfilled,
    long rowsDifferent,
    List<DifferentRow> differences,
    Instant startedAt,
    Duration duration) {
  public VerifyResult {
    differences = List.copyOf(differences);
  }

  /** Whether every row has the value that the definition yields. */
  public boolean clean() {
    return rowsUnfilled == 0 && rowsDifferent == 0;
  }
}
