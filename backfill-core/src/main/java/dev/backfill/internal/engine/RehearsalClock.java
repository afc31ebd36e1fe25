package dev.backfill.internal.engine;

import dev.backfill.event.BackfillEvent;
import dev.backfill.event.BackfillListener;
import dev.backfill.internal.time.Ticker;
import dev.backfill.model.Phase;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;

/** Listens to a rehearsed run for what its phases take and its batches come to. */
final class RehearsalClock implements BackfillListener {
  private final Ticker ticker;
  private final long start;
  private final Map<Phase, Long> entered = new HashMap<>();
  private final Map<Long, Long> windows = new HashMap<>();
  private long filled;
  private long hotRows;
  private String held = "";

  RehearsalClock(Ticker ticker) {
    this.ticker = ticker;
    this.start = ticker.nanos();
  }

  @Override
  public synchronized void onEvent(BackfillEvent event) {
    if (event instanceof BackfillEvent.PhaseChanged changed) {
      entered.put(changed.phase(), ticker.nanos());
    } else if (event instanceof BackfillEvent.BatchCommitted batch) {
      filled += batch.rows();
      hotRows += batch.hotRows();
      windows.merge(batch.window(), batch.rows(), Long::sum);
    } else if (event instanceof BackfillEvent.Throttled throttled) {
      held = throttled.signal() + " at its limit " + throttled.limit() + " " + throttled.unit();
    }
  }

  synchronized Duration before() {
    return Duration.ofNanos(at(Phase.BACKFILL) - start);
  }

  synchronized Duration filling() {
    return Duration.ofNanos(at(Phase.CONTRACT) - at(Phase.BACKFILL));
  }

  synchronized Duration after() {
    return Duration.ofNanos(ticker.nanos() - at(Phase.CONTRACT));
  }

  private long at(Phase phase) {
    return entered.getOrDefault(phase, start);
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
