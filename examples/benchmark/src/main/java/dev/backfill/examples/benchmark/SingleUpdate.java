package dev.backfill.examples.benchmark;

import java.sql.SQLException;
import javax.sql.DataSource;

/** One UPDATE of everything: the measure of all others, and what locks every row until it ends. */
final class SingleUpdate implements Contender {
  static final String NAME = "single-update";

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public void fill(DataSource dataSource, BenchTable table) throws SQLException {
    Sql.execute(dataSource, table.update());
  }
}
