package dev.backfill.examples.benchmark;

import com.zaxxer.hikari.HikariDataSource;
import dev.backfill.Backfill;
import dev.backfill.BackfillBuilder;
import dev.backfill.BackfillRun;
import dev.backfill.BoundBackfill;
import dev.backfill.ColumnStages.Valued;
import dev.backfill.event.BackfillListener;
import dev.backfill.model.Contract;
import dev.backfill.model.NewRows;
import dev.backfill.model.Strategy;
import dev.backfill.model.Stripes;
import java.sql.SQLException;
import java.util.List;
import java.util.Objects;
import java.util.function.UnaryOperator;
import javax.sql.DataSource;

/**
 * The library, over its public API and with its defaults but for what its options say. It leaves
 * out the contract and the cover of new rows, as the others do; what it does besides, such as its
 * own state, its lease and the search for rows that were missed, is part of its time.
 */
record Library(String name, UnaryOperator<BackfillBuilder> options) implements Contender {

  static Library workers(int workers) {
    return new Library("library-" + workers, builder -> builder.workers(workers));
  }

  /** One pass over each window, as others fill a table. */
  static Library withoutStripes(int workers) {
    return new Library(
        "library-" + workers + "-no-stripes",
        builder -> builder.workers(workers).stripes(Stripes.off()));
  }

  /** For a run beside others that shall not give way to them. */
  static Library unthrottled() {
    return new Library("library-1-unthrottled", BackfillBuilder::unthrottled);
  }

  /** The same, with somebody who is told what happens. */
  Library heardBy(BackfillListener listener) {
    return new Library(name, builder -> options.apply(builder).listener(listener));
  }

  @Override
  public void fill(DataSource dataSource, BenchTable table) throws SQLException {
    try (HikariDataSource pool = pool(dataSource)) {
      backfill(pool, table).run();
    }
  }

  @Override
  public Work start(BenchServer server, BenchTable table) throws SQLException {
    HikariDataSource pool = pool(server.dataSource(SqlWork.APPLICATION));
    BackfillRun run = backfill(pool, table).start();
    return new Work() {
      @Override
      public boolean isDone() {
        // A run that failed fails the benchmark.
        return run.completion().isDone() && run.completion().join() != null;
      }

      @Override
      public void stop() {
        run.close();
        pool.close();
      }
    };
  }

  /** A small pool, on a database without a trace of earlier runs. */
  static HikariDataSource pool(DataSource dataSource) throws SQLException {
    Sql.execute(dataSource, "DROP SCHEMA IF EXISTS backfill CASCADE");
    return Pool.of(dataSource);
  }

  BoundBackfill backfill(DataSource pool, BenchTable table) {
    BackfillBuilder builder =
        valued(
                Backfill.column(table.table(), BenchTable.COLUMN).type(table.value().type()),
                table.value())
            .strategy(Strategy.batched())
            .newRows(NewRows.application())
            .contract(Contract.none());
    table.where().ifPresent(builder::where);
    return options.apply(builder).on(pool);
  }

  private static BackfillBuilder valued(Valued column, BenchValue value) {
    return switch (value.kind()) {
      case EXPRESSION -> column.value(value.sql());
      case CONSTANT -> column.constant(BenchValue.CONSTANT_TEXT);
      case JAVA_FUNCTION ->
          column.value(
              List.of(BenchValue.INPUT),
              row ->
                  BenchValue.computed(
                      Objects.requireNonNull(row.get(BenchValue.INPUT, String.class))));
    };
  }
}
