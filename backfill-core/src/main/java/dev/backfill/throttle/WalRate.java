package dev.backfill.throttle;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayDeque;
import java.util.Deque;

/** How fast the whole server writes WAL, over the last seconds. */
final class WalRate implements Signal {
  // A checkpoint's first second would trip a gate on every second by itself.
  private static final long OVER_NANOS = 5_000_000_000L;

  private final double limit;
  private final Deque<Sample> recent = new ArrayDeque<>();

  private record Sample(long nanos, long position) {}

  WalRate(double limit) {
    this.limit = limit;
  }

  @Override
  public String name() {
    return "wal-rate";
  }

  @Override
  public double limit() {
    return limit;
  }

  @Override
  public String unit() {
    return "bytes/s";
  }

  @Override
  public Signal forRun() {
    return new WalRate(limit);
  }

  @Override
  public Reading read(SignalContext context) throws SQLException {
    try (Statement statement = context.connection().createStatement();
        ResultSet rows = statement.executeQuery(CatalogQueries.WAL_POSITION)) {
      rows.next();
      return sampled(context.nanos(), rows.getLong(1));
    }
  }

  /** The rate since the oldest sample that is kept; none after the first, or a failover. */
  synchronized Reading sampled(long nanos, long position) {
    Sample last = recent.peekLast();
    if (last != null && (position < last.position() || nanos <= last.nanos())) {
      recent.clear();
    }
    recent.addLast(new Sample(nanos, position));
    while (recent.size() > 2 && nanos - recent.getFirst().nanos() > OVER_NANOS) {
      recent.removeFirst();
    }
    Sample first = recent.getFirst();
    return first.nanos() == nanos
        ? Reading.pending()
        : Reading.of((position - first.position()) * 1e9 / (nanos - first.nanos()));
  }
}
