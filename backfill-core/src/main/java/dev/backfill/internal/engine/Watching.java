package dev.backfill.internal.engine;

import dev.backfill.internal.postgres.TableInfo;
import dev.backfill.internal.postgres.Target;
import dev.backfill.internal.signal.Monitor;
import dev.backfill.internal.signal.Watch;
import dev.backfill.internal.time.Sleeper;
import dev.backfill.internal.time.Ticker;
import dev.backfill.model.Options;
import dev.backfill.throttle.Throttling;
import java.sql.SQLException;
import java.util.concurrent.Callable;

/** The throttle of work on a target, and the thread that feeds it. */
final class Watching {
  private Watching() {}

  static Watch over(
      Target target,
      ControlConnection connection,
      Monitor.Board board,
      Ticker ticker,
      Sleeper sleeper) {
    Options options = target.spec().options();
    Throttling throttling = options.throttling();
    int cores =
        throttling.pacing()
            ? (int) throttling.cores().orElse(Runtime.getRuntime().availableProcessors())
            : 0;
    return Watch.over(
        new Monitor.Watched(
            target.runName(),
            target.table().tables().stream().map(TableInfo.Leaf::oid).toList(),
            target.server().major(),
            cores,
            options.timeouts().blockedByUs()),
        new Watch.Work(
            throttling,
            options.maxRowsPerSecond(),
            target.table().indexes().size(),
            options.workers()),
        new Monitor.Access() {
          @Override
          public <T> T call(Work<T> work) throws SQLException, InterruptedException {
            return connection.call(work::on);
          }
        },
        board,
        ticker,
        sleeper);
  }

  /** Watches while the work is done. */
  static <T> T during(Watch watch, String run, Callable<T> work) throws Exception {
    Thread monitor = new Thread(watch.monitor(), "backfill-" + run + "-monitor");
    monitor.setDaemon(true);
    monitor.start();
    try {
      return work.call();
    } finally {
      monitor.interrupt();
      join(monitor);
    }
  }

  /** An interrupt meanwhile is kept for whoever waits next. */
  private static void join(Thread thread) {
    boolean interrupted = false;
    while (thread.isAlive()) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
