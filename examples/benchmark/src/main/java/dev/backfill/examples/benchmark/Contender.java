package dev.backfill.examples.benchmark;

import java.sql.SQLException;
import javax.sql.DataSource;

/** One way to fill the new column of a table that holds rows already. */
interface Contender {

  String name();

  /** Whether it can fill this one. */
  default boolean supports(BenchTable table) {
    return true;
  }

  /** Fills the column and returns when the last transaction has committed. */
  void fill(DataSource dataSource, BenchTable table) throws SQLException;

  /** Begins to fill the column in the background. */
  default Work start(BenchServer server, BenchTable table) throws SQLException {
    return SqlWork.start(server, this, table);
  }
}
