package dev.backfill.model;

import org.jspecify.annotations.Nullable;

/** The input columns of one row, by name, as the JDBC driver reads them. */
public interface Row {
  /**
   * @param column the name of an input column
   * @return the column's value, or null when it is SQL NULL
   * @throws IllegalArgumentException when the column was not selected as an input
   */
  @Nullable Object get(String column);

  /** As {@link #get(String)}, converted by the JDBC driver to the given type. */
  <T> @Nullable T get(String column, Class<T> type);
}
