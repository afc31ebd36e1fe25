package dev.backfill.examples.benchmark;

import dev.backfill.examples.local.Standby;
import java.util.Optional;

/**
 * Who shall be beside each contender.
 *
 * @param rows that a table of the application has
 * @param transactionsPerSecond of the application; 0 for none
 */
record Company(
    BenchServer server, long rows, int transactionsPerSecond, Optional<Standby> standby) {
  static Company nobody(BenchServer server, long rows) {
    return new Company(server, rows, 0, Optional.empty());
  }

  Optional<Traffic> trafficOn(BenchTable table) {
    return transactionsPerSecond == 0
        ? Optional.empty()
        : Optional.of(
            new Traffic(server.dataSource("application"), table, rows, transactionsPerSecond));
  }
}
