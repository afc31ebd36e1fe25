package dev.backfill.internal.signal;

import dev.backfill.internal.time.Sleeper;
import dev.backfill.internal.time.Ticker;
import dev.backfill.throttle.ReplicationLag;
import dev.backfill.throttle.Signal;
import dev.backfill.throttle.Throttle;
import dev.backfill.throttle.Throttling;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The throttle of one run and the monitor that feeds it. */
public final class Watch {
  private static final Logger LOG = LoggerFactory.getLogger("dev.backfill.run");

  private final Throttler throttler;
  private final Monitor monitor;

  private Watch(Throttler throttler, Monitor monitor) {
    this.throttler = throttler;
    this.monitor = monitor;
  }

  /** What the throttle has to know of the run. */
  public record Work(Throttling throttling, OptionalLong rowsPerSecond, int indexes, int workers) {}

  public static Watch over(
      Monitor.Watched watched,
      Work work,
      Monitor.Access access,
      Monitor.Board board,
      Ticker ticker,
      Sleeper sleeper) {
    List<SignalGate> gates = new ArrayList<>();
    @Nullable Standbys standbys = null;
    List<DataSource> replicas = List.of();
    for (Throttle throttle : work.throttling().throttles()) {
      if (throttle instanceof ReplicationLag lag) {
        standbys = new Standbys(lag, n -> LOG.warn("Run {}: {}", watched.run(), n), ticker);
        replicas = lag.replicas();
      } else if (throttle instanceof Signal signal) {
        gates.add(new SignalGate(signal, n -> LOG.warn("Run {}: {}", watched.run(), n), ticker));
      }
    }
    Throttler throttler =
        new Throttler(
            watched.run(),
            work.throttling(),
            work.rowsPerSecond(),
            work.indexes(),
            work.workers(),
            gates,
            standbys,
            ticker);
    return new Watch(
        throttler,
        new Monitor(watched, access, board, throttler, new Replicas(replicas), ticker, sleeper));
  }

  public Pace pace() {
    return throttler;
  }

  public Runnable monitor() {
    return monitor;
  }
}
