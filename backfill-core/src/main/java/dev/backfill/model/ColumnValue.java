package dev.backfill.model;

import static java.util.Objects.requireNonNull;

import java.util.List;

/** What the rows are filled with. */
public sealed interface ColumnValue {

  /** The same value for every row; bound, never spliced into SQL. */
  record Constant(Object value) implements ColumnValue {
    public Constant {
      requireNonNull(value, "constant: null is what the rows hold already; give a value");
    }
  }

  /** A PostgreSQL expression over the columns of the row, written by the user as SQL. */
  record Expression(String sql) implements ColumnValue {
    public Expression {
      if (sql.isBlank()) {
        throw new IllegalArgumentException("value: the SQL expression is blank");
      }
      StorableText.check("value", sql);
    }
  }

  /**
   * A Java function over selected columns of the row. It may be called more than once for a row,
   * from several threads, and never while a lock is held.
   */
  record Computed(List<String> inputs, RowFunction function) implements ColumnValue {
    public Computed {
      inputs = List.copyOf(inputs);
      requireNonNull(function, "function");
      if (inputs.isEmpty()) {
        throw new IllegalArgumentException("value: name at least one input column of the function");
      }
    }
  }
}
