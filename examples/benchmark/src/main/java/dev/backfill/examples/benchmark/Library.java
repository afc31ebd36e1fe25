package dev.backfill.examples.benchmark;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import dev.backfill.Backfill;
import dev.backfill.BackfillBuilder;
import dev.backfill.BackfillRun;
import dev.backfill.BoundBackfill;
import dev.backfill.model.Contract;
import dev.backfill.model.NewRows;
import java.sql.SQLException;
import java.util.function.UnaryOperator;
import javax.sql.DataSource;

/**
 * The library, over its public API and with its defaults but for what its options say. It leaves
 * out the contract and the cover of new rows, as the others do; what it does besides, such as its
 * own state, its lease and the search for rows that were missed, is part of its time.
 */
record Library(String name, UnaryOperator<BackfillBuilder> options) implements Contender {
  private static final int MOST_CONNECTIONS = 5;

  Library(int workers) {
    this("library-" + workers, builder -> builder.workers(workers));
  }

  @Override
  public void fill(DataSource dataSource, BenchTable table) throws SQLException {
    try (HikariDataSource pool = pool(dataSource)) {
      backfill(pool).run();
    }
  }

  @Override
  public Work start(BenchServer server, BenchTable table) throws SQLException {
    HikariDataSource pool = pool(server.dataSource(SqlWork.APPLICATION));
    BackfillRun run = backfill(pool).start();
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
    HikariConfig config = new HikariConfig();
    config.setDataSource(dataSource);
    config.setMaximumPoolSize(MOST_CONNECTIONS);
    config.setMinimumIdle(1);
    return new HikariDataSource(config);
  }

  private BoundBackfill backfill(DataSource pool) {
    return options
        .apply(
            Backfill.column("orders", "status_code")
                .type("varchar(32)")
                .value(BenchTable.VALUE)
                .newRows(NewRows.application())
                .contract(Contract.none()))
        .on(pool);
  }
}
