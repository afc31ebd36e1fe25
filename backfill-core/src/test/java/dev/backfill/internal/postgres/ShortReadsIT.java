package dev.backfill.internal.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.backfill.model.Timeouts;
import dev.backfill.testing.LockHolder;
import dev.backfill.testing.PostgresTest;
import dev.backfill.testing.TestDatabase;
import java.sql.Connection;
import java.time.Duration;
import org.jooq.exception.DataAccessException;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@PostgresTest
class ShortReadsIT {
  private static final Timeouts TIMEOUTS =
      Timeouts.defaults()
          .withBatchLock(Duration.ofMillis(10))
          .withDdlDeadline(Duration.ofMinutes(30));

  TestDatabase database;

  private Duration now = Duration.ZERO;

  @Test
  @DisplayName("L4: the deadline of reads counts from when somebody was first in the way")
  void deadline() throws Exception {
    database.execute("create table t ()");
    try (Connection connection = database.unpooled().getConnection()) {
      ShortReads reads = new ShortReads(connection, TIMEOUTS, () -> now.toNanos(), () -> {});
      assertThat(reads.attempt(ShortReadsIT::rows)).hasValue(0L);
      // A Java function computes.
      now = now.plusHours(1);
      LockHolder holder = LockHolder.table(database, "t", "access exclusive");

      assertThat(reads.attempt(ShortReadsIT::rows)).isEmpty();
      now = now.plusMinutes(29);
      assertThat(reads.attempt(ShortReadsIT::rows)).isEmpty();
      now = now.plusMinutes(2);
      assertThatThrownBy(() -> reads.attempt(ShortReadsIT::rows))
          .isInstanceOf(DataAccessException.class)
          .hasMessageContaining("lock timeout");

      holder.release();
      assertThat(reads.attempt(ShortReadsIT::rows)).hasValue(0L);
    }
  }

  private static long rows(Connection tx) {
    return Jooq.on(tx).fetchSingle("select count(*) from t").get(0, Long.class);
  }
}
