package dev.backfill;

import dev.backfill.internal.postgres.ValueText;
import dev.backfill.model.ColumnValue;
import dev.backfill.model.Names;
import dev.backfill.model.RowFunction;
import dev.backfill.model.StorableText;
import java.util.Collection;
import java.util.List;
import java.util.Optional;

/** Holds what the required steps gave, and hands it to the builder of the rest. */
final class DefinitionStages implements ColumnStages.Typed, ColumnStages.Valued {
  private final Optional<String> schema;
  private final String table;
  private final String column;
  private String type = "";

  DefinitionStages(Optional<String> schema, String table, String column) {
    this.schema = schema;
    this.table = Names.check("table", table);
    this.column = Names.check("column", column);
  }

  @Override
  public ColumnStages.Valued type(String sqlType) {
    if (sqlType.isBlank()) {
      throw new IllegalArgumentException("type: the SQL type is blank");
    }
    type = StorableText.check("type", sqlType).strip();
    return this;
  }

  @Override
  public BackfillBuilder value(String sqlExpression) {
    return builder(new ColumnValue.Expression(sqlExpression));
  }

  @Override
  public BackfillBuilder constant(Object value) {
    ColumnValue.Constant constant = new ColumnValue.Constant(value);
    ValueText.require(value);
    return builder(constant);
  }

  @Override
  public BackfillBuilder value(Collection<String> inputColumns, RowFunction function) {
    return builder(new ColumnValue.Computed(List.copyOf(inputColumns), function));
  }

  private BackfillBuilder builder(ColumnValue value) {
    return new BackfillBuilder(schema, table, column, type, value);
  }
}
