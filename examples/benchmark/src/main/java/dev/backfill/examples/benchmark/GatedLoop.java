package dev.backfill.examples.benchmark;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import javax.sql.DataSource;

/**
 * The keyset loop of those who care for their standbys: it looks at the lag every second, and stops
 * while it is above the limit. The lag it sees is the true one, read on the standby.
 */
final class GatedLoop implements Contender {
  private static final long POLL_NANOS = Duration.ofSeconds(1).toNanos();

  private final DataSource standby;
  private final Duration limit;

  GatedLoop(DataSource standby, Duration limit) {
    this.standby = standby;
    this.limit = limit;
  }

  @Override
  public String name() {
    return "stop-go-gate";
  }

  @Override
  public void fill(DataSource dataSource, BenchTable table) throws SQLException {
    try (Connection observer = standby.getConnection();
        Connection connection = dataSource.getConnection();
        PreparedStatement bound =
            connection.prepareStatement(
                "SELECT max(id) FROM"
                    + " (SELECT id FROM orders WHERE id > ? ORDER BY id LIMIT 1000) AS batch");
        PreparedStatement batch =
            connection.prepareStatement(
                "UPDATE orders SET status_code = "
                    + BenchValue.STATUS.sql()
                    + " WHERE id > ? AND id <= ? AND status_code IS NULL")) {
      long lo = 0;
      long polled = System.nanoTime();
      while (true) {
        if (System.nanoTime() - polled >= POLL_NANOS) {
          awaitLagBelowLimit(observer);
          polled = System.nanoTime();
        }
        bound.setLong(1, lo);
        long hi;
        try (ResultSet result = bound.executeQuery()) {
          result.next();
          hi = result.getLong(1);
          if (result.wasNull()) {
            return;
          }
        }
        batch.setLong(1, lo);
        batch.setLong(2, hi);
        batch.executeUpdate();
        lo = hi;
      }
    }
  }

  private void awaitLagBelowLimit(Connection observer) throws SQLException {
    try {
      while (Heartbeat.lagSeconds(observer) * 1000 > limit.toMillis()) {
        Thread.sleep(Duration.ofNanos(POLL_NANOS).toMillis());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }
}
