package dev.backfill.model;

import org.jspecify.annotations.Nullable;

/** Computes the new column's value from the input columns of one row. Must be thread-safe. */
@FunctionalInterface
public interface RowFunction {
  /**
   * @param row the selected input columns of one row
   * @return the value: a String, Number, Boolean, UUID, java.time value, byte array or enum
   *     constant; null is reported as an error, since the row would stay unfilled
   */
  @Nullable Object apply(Row row);
}
