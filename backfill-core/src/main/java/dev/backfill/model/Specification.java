package dev.backfill.model;

import java.util.List;
import java.util.Optional;

/**
 * The immutable description of one backfill, as the engine reads it.
 *
 * @param runName the name under which the run is kept, empty for schema.table.column
 * @param schema the table's schema, empty to look the table up on the connection's search path
 * @param table the table's name, unquoted
 * @param column the column's name, unquoted
 * @param type the column's SQL type, as it would stand in ALTER TABLE ... ADD COLUMN
 * @param value what the rows are filled with
 * @param where a SQL condition; only rows for which it holds are filled
 * @param key the columns to page by, empty to choose the primary key or a unique index
 */
public record Specification(
    Optional<String> runName,
    Optional<String> schema,
    String table,
    String column,
    String type,
    ColumnValue value,
    Optional<String> where,
    List<String> key,
    Options options) {

  public Specification {
    key = List.copyOf(key);
  }
}
