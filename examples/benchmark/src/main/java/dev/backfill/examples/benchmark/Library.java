package dev.backfill.examples.benchmark;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import dev.backfill.Backfill;
import dev.backfill.model.Contract;
import dev.backfill.model.NewRows;
import java.sql.SQLException;
import javax.sql.DataSource;

/**
 * The library, over its public API and with its defaults but for the workers. It leaves out the
 * contract and the cover of new rows, as the others do; what it does besides, such as its own
 * state, its lease and the search for rows that were missed, is part of its time.
 */
record Library(int workers) implements Contender {

  @Override
  public String name() {
    return "library-" + workers;
  }

  @Override
  public void fill(DataSource dataSource, BenchTable table) throws SQLException {
    Sql.execute(dataSource, "DROP SCHEMA IF EXISTS backfill CASCADE");
    HikariConfig config = new HikariConfig();
    config.setDataSource(dataSource);
    config.setMaximumPoolSize(workers + 1);
    try (HikariDataSource pool = new HikariDataSource(config)) {
      Backfill.column("orders", "status_code")
          .type("varchar(32)")
          .value(BenchTable.VALUE)
          .newRows(NewRows.application())
          .contract(Contract.none())
          .workers(workers)
          .on(pool)
          .run();
    }
  }
}
