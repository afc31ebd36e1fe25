package dev.backfill.examples.benchmark;

import java.sql.SQLException;
import java.util.Collection;
import java.util.LinkedHashSet;

/**
 * Lets each contender fill a small table of orders before anything is measured: the client's JVM
 * loads and compiles what it runs for the first time, a second or more of both processors, most of
 * which would be counted for whoever comes first.
 */
final class WarmUp {
  private static final long MOST_ROWS = 200_000;

  private WarmUp() {}

  static void on(BenchServer server, long rows, Collection<? extends Collection<Contender>> plan)
      throws SQLException {
    FreshTables tables = new FreshTables(server, Math.min(rows, MOST_ROWS));
    BenchTable table = BenchTables.THREE_INDEXES;
    LinkedHashSet<Contender> contenders = new LinkedHashSet<>();
    plan.forEach(contenders::addAll);
    for (Contender contender : contenders) {
      tables.createOnce(table);
      contender.fill(server.dataSource(), table);
    }
  }
}
