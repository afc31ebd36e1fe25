package dev.backfill.examples.benchmark;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.util.function.Function;
import javax.sql.DataSource;

/**
 * The script that asks for any 1,000 rows that are still empty. A batch looks for them behind all
 * rows already filled and their old versions, so it slows down as it goes and is cut in time; a
 * table over a quarter of shared_buffers is spared, since its scans begin where the last one ended
 * (synchronize_seqscans).
 */
final class LimitLoop implements Contender {
  private final Function<BenchTable, Duration> limit;

  LimitLoop(Function<BenchTable, Duration> limit) {
    this.limit = limit;
  }

  @Override
  public String name() {
    return "limit-loop";
  }

  @Override
  public void fill(DataSource dataSource, BenchTable table) throws SQLException {
    Duration limit = this.limit.apply(table);
    long start = System.nanoTime();
    try (Connection connection = dataSource.getConnection();
        PreparedStatement batch =
            connection.prepareStatement(
                "%1$s AND (%2$s) IN (SELECT %2$s FROM %3$s WHERE %4$s LIMIT 1000)"
                    .formatted(
                        table.update(), table.rows().keyList(), table.table(), table.due()))) {
      while (batch.executeUpdate() > 0) {
        if (Duration.ofNanos(System.nanoTime() - start).compareTo(limit) > 0) {
          return;
        }
      }
    }
  }
}
