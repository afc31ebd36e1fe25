package dev.backfill.internal.expand;

import dev.backfill.model.ColumnValue;
import dev.backfill.model.Contract;
import dev.backfill.model.NewRows;
import dev.backfill.model.Options;
import dev.backfill.model.RowFunction;
import dev.backfill.model.Specification;
import dev.backfill.model.Strategy;
import java.util.List;
import java.util.Optional;

/** Specifications for tests, changed one part at a time. */
record Definitions(Specification spec) {

  static Definitions value(String table, String column, String type, String sql) {
    return of(table, column, type, new ColumnValue.Expression(sql));
  }

  static Definitions constant(String table, String column, String type, Object value) {
    return of(table, column, type, new ColumnValue.Constant(value));
  }

  static Definitions computed(String table, String column, String type, String... inputs) {
    RowFunction function = row -> row.get(inputs[0]);
    return of(table, column, type, new ColumnValue.Computed(List.of(inputs), function));
  }

  private static Definitions of(String table, String column, String type, ColumnValue value) {
    return new Definitions(
        new Specification(
            Optional.empty(),
            Optional.empty(),
            table,
            column,
            type,
            value,
            Optional.empty(),
            List.of(),
            Options.defaults()));
  }

  Definitions schema(String schema) {
    return new Definitions(
        new Specification(
            spec.runName(),
            Optional.of(schema),
            spec.table(),
            spec.column(),
            spec.type(),
            spec.value(),
            spec.where(),
            spec.key(),
            spec.options()));
  }

  Definitions where(String condition) {
    return with(Optional.of(condition), spec.key(), spec.options());
  }

  Definitions key(String... columns) {
    return with(spec.where(), List.of(columns), spec.options());
  }

  Definitions newRows(NewRows newRows) {
    Options o = spec.options();
    return options(newRows, o.contract(), o.strategy(), o.publishedTableAcknowledged());
  }

  Definitions contract(Contract contract) {
    Options o = spec.options();
    return options(o.newRows(), contract, o.strategy(), o.publishedTableAcknowledged());
  }

  Definitions batched() {
    Options o = spec.options();
    return options(o.newRows(), o.contract(), Strategy.BATCHED, o.publishedTableAcknowledged());
  }

  Definitions publishedTableAcknowledged() {
    Options o = spec.options();
    return options(o.newRows(), o.contract(), o.strategy(), true);
  }

  private Definitions options(
      NewRows newRows, Contract contract, Strategy strategy, boolean acknowledged) {
    Options o = spec.options();
    return with(
        spec.where(),
        spec.key(),
        new Options(
            newRows,
            o.batchSize(),
            o.workers(),
            o.stripes(),
            o.order(),
            o.maxRowsPerSecond(),
            o.retry(),
            o.timeouts(),
            contract,
            strategy,
            o.stateSchema(),
            acknowledged,
            o.dropCoverAtContract(),
            o.badRows(),
            o.vacuum(),
            o.throttling()));
  }

  private Definitions with(Optional<String> where, List<String> key, Options options) {
    return new Definitions(
        new Specification(
            spec.runName(),
            spec.schema(),
            spec.table(),
            spec.column(),
            spec.type(),
            spec.value(),
            where,
            key,
            options));
  }
}
