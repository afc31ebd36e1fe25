package dev.backfill.model;

import java.util.List;
import java.util.Optional;

/**
 * A row that holds another value than its definition yields.
 *
 * @param table the table that holds the row, quoted: the partition of a partitioned one
 * @param key the row's key, column by column, in PostgreSQL's text form
 * @param problem why the definition yields no value for the row, without values of the row; empty
 *     where it yields another one
 */
public record DifferentRow(String table, List<String> key, Optional<String> problem) {
  public DifferentRow {
    key = List.copyOf(key);
  }
}
