package dev.backfill;

import dev.backfill.model.RowFunction;
import java.util.Collection;

/**
 * The steps that every definition needs, one after the other: {@link Typed} asks for the column's
 * type, {@link Valued} for its value. Everything else has a default.
 */
public final class ColumnStages {
  private ColumnStages() {}

  /** Asks for the type of the new column. */
  public interface Typed {
    /**
     * @param sqlType the type as it would stand in ALTER TABLE ... ADD COLUMN: {@code
     *     "varchar(32)"}
     * @throws IllegalArgumentException when it is blank
     */
    Valued type(String sqlType);
  }

  /** Asks for the value of the new column. */
  public interface Valued {
    /**
     * A PostgreSQL expression over the columns of the row, other tables by a subquery included. It
     * is SQL that you write: never build it from what a user typed.
     *
     * @throws IllegalArgumentException when it is blank
     */
    BackfillBuilder value(String sqlExpression);

    /**
     * The same value for every row. It is bound, and may take the instant path.
     *
     * @param value a String, Number, Boolean, UUID, java.time value, byte[] or enum constant
     * @throws IllegalArgumentException for null or a value without a text form
     */
    BackfillBuilder constant(Object value);

    /**
     * A Java function over some columns of the row. It is computed in this process with no lock
     * held; rows that change meanwhile are read again. New rows have to be covered by the
     * application.
     *
     * @param inputColumns the columns that the function reads, at least one
     */
    BackfillBuilder value(Collection<String> inputColumns, RowFunction function);
  }
}
