package dev.backfill.internal.engine;

import dev.backfill.event.BackfillEvent;
import dev.backfill.event.BackfillListener;
import dev.backfill.internal.time.Ticker;
import dev.backfill.model.Phase;
import java.time.Duration;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.function.LongSupplier;

/**
 * Listens to a rehearsed run for what its phases take and its batches come to, and tells what grows
 * with the table from what each run does once.
 */
final class RehearsalClock implements BackfillListener {
  private final Ticker ticker;
  private final LongSupplier wal;
  private final long start;
  private final Map<Phase, Long> entered = new HashMap<>();
  private final Map<Phase, Long> walAt = new HashMap<>();
  private final Map<Long, Long> windows = new HashMap<>();
  private long claimed = -1;
  private long committed = -1;
  private Duration statements = Duration.ZERO;
  private long filled;
  private long hotRows;
  private String held = "";

  /**
   * @param wal where the WAL ends; asked between two phases, where the run leaves a connection
   */
  RehearsalClock(Ticker ticker, LongSupplier wal) {
    this.ticker = ticker;
    this.wal = wal;
    this.start = ticker.nanos();
  }

  @Override
  public synchronized void onEvent(BackfillEvent event) {
    if (event instanceof BackfillEvent.PhaseChanged changed) {
      entered.put(changed.phase(), ticker.nanos());
      walAt.put(changed.phase(), wal.getAsLong());
    } else if (event instanceof BackfillEvent.WindowClaimed && claimed < 0) {
      claimed = ticker.nanos();
    } else if (event instanceof BackfillEvent.BatchCommitted batch) {
      committed = ticker.nanos();
      filled += batch.rows();
      hotRows += batch.hotRows();
      windows.merge(batch.window(), batch.rows(), Long::sum);
    } else if (event instanceof BackfillEvent.DdlExecuted ddl && readsNothing(ddl)) {
      statements = statements.plus(ddl.took());
    } else if (event instanceof BackfillEvent.Throttled throttled) {
      held = throttled.signal() + " at its limit " + throttled.limit() + " " + throttled.unit();
    }
  }

  /** Of the constraint steps VALIDATE reads the table. */
  private boolean readsNothing(BackfillEvent.DdlExecuted ddl) {
    return entered.containsKey(Phase.CONTRACT)
        && !ddl.sql().toLowerCase(Locale.ROOT).contains("validate constraint");
  }

  /** What grows with the table: the windows, and what reads all rows after them. */
  synchronized Duration growing() {
    Duration after = Duration.ofNanos(at(Phase.DONE) - at(Phase.CONTRACT)).minus(statements);
    return windows().plus(after.isNegative() ? Duration.ZERO : after);
  }

  /** From the first window to the last batch. */
  synchronized Duration windows() {
    return claimed < 0 || committed < 0 ? Duration.ZERO : Duration.ofNanos(committed - claimed);
  }

  /** What each run does once. */
  synchronized Duration once() {
    return Duration.ofNanos(at(Phase.DONE) - start).minus(growing());
  }

  private long at(Phase phase) {
    return entered.getOrDefault(phase, start);
  }

  /**
   * WAL of what grows with the table: of the filling, and of what reads all rows after it, which
   * prunes pages as it does. What the constraint steps log besides is a few kilobytes. Where the
   * server did not tell it between two phases, all of the run's.
   */
  synchronized long growingWal(long all) {
    Long before = walAt.get(Phase.BACKFILL);
    Long after = walAt.get(Phase.DONE);
    return before == null || after == null ? all : after - before;
  }

  synchronized long filled() {
    return filled;
  }

  synchronized long hotRows() {
    return hotRows;
  }

  /** Rows of the largest window. */
  synchronized long windowRows() {
    return windows.values().stream().mapToLong(Long::longValue).max().orElse(0);
  }

  synchronized String held() {
    return held.strip();
  }
}
