package dev.backfill.throttle;

import java.sql.Connection;
import java.util.List;

/**
 * What a signal may look at.
 *
 * @param connection to the primary; the signal neither closes nor commits it
 * @param tables oids of the table that is filled and of its partitions
 * @param nanos a monotonic clock, for rates
 */
public record SignalContext(Connection connection, List<Long> tables, long nanos) {
  public SignalContext {
    tables = List.copyOf(tables);
  }
}
