package dev.backfill.internal.postgres;

import dev.backfill.model.Timeouts;
import java.sql.Connection;
import java.time.Duration;

/**
 * How long an attempt may take, in parts.
 *
 * @param stall how long others may stall: from our place in the queue to our commit
 * @param queue the part of it for getting the locks, all of them together. Less than
 *     deadlock_timeout too: were we and somebody who stalls behind us to wait for each other, we
 *     give way before PostgreSQL looks for a victim
 * @param vacuumYields after how long autovacuum has gone out of the way
 */
record DdlLimits(Duration stall, Duration queue, Duration vacuumYields) {
  private static final Duration BEYOND_DEADLOCK_TIMEOUT = Duration.ofMillis(500);

  static DdlLimits of(Timeouts timeouts, Duration deadlockTimeout) {
    Duration stall = timeouts.ddlLock();
    Duration shorter = stall.compareTo(deadlockTimeout) < 0 ? stall : deadlockTimeout;
    return new DdlLimits(
        stall, shorter.multipliedBy(3).dividedBy(4), deadlockTimeout.plus(BEYOND_DEADLOCK_TIMEOUT));
  }

  static DdlLimits read(Connection connection, Timeouts timeouts) {
    long millis =
        Jooq.on(connection)
            .fetchSingle(
                "select (extract(epoch from current_setting('deadlock_timeout')::interval) * 1000)::bigint")
            .get(0, Long.class);
    return of(timeouts, Duration.ofMillis(millis));
  }
}
