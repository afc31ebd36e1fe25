package dev.backfill.internal.postgres;

import dev.backfill.model.Row;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The inputs of the row at which a result set stands; place and version come before them. */
public final class ResultRow implements Row {
  private static final int BEFORE_INPUTS = 2;

  private final ResultSet rows;
  private final List<String> inputs;

  public ResultRow(ResultSet rows, List<String> inputs) {
    this.rows = rows;
    this.inputs = inputs;
  }

  @Override
  public @Nullable Object get(String column) {
    return read(column, index -> rows.getObject(index));
  }

  @Override
  public <T> @Nullable T get(String column, Class<T> type) {
    return read(column, index -> rows.getObject(index, type));
  }

  private <T> @Nullable T read(String column, Reader<T> reader) {
    int index = inputs.indexOf(column);
    if (index < 0) {
      throw new NoSuchInputException(column, inputs);
    }
    try {
      return reader.at(index + 1 + BEFORE_INPUTS);
    } catch (SQLException e) {
      throw new IllegalArgumentException(
          "Column " + column + " cannot be read: " + e.getMessage(), e);
    }
  }

  private interface Reader<T> {
    @Nullable T at(int index) throws SQLException;
  }
}
