package dev.backfill.internal.vacuum;

import dev.backfill.event.BackfillEvent;
import dev.backfill.internal.postgres.SqlStates;
import dev.backfill.internal.postgres.TableInfo.Leaf;
import dev.backfill.internal.time.Ticker;
import java.time.Duration;
import java.util.function.Consumer;

/**
 * One worker's look at a table. That batches wait is told once, and so is how the wait ended,
 * however that was: what a run waits for stands in its progress until then.
 */
final class VacuumWait {
  private final String run;
  private final Leaf leaf;
  private final TableState state;
  private final Consumer<BackfillEvent> events;
  private final Ticker ticker;
  private final long start;
  private boolean begun;

  VacuumWait(
      String run, Leaf leaf, TableState state, Consumer<BackfillEvent> events, Ticker ticker) {
    this.run = run;
    this.leaf = leaf;
    this.state = state;
    this.events = events;
    this.ticker = ticker;
    this.start = ticker.nanos();
  }

  Leaf leaf() {
    return leaf;
  }

  TableState state() {
    return state;
  }

  /** Batches wait from now on. */
  void begins(String by) {
    if (!begun) {
      begun = true;
      events.accept(new BackfillEvent.VacuumAwaited(run, leaf.sql(), state.rows(), by));
    }
  }

  /** It was vacuumed, which is told if it was waited for. */
  void vacuumed(String by) {
    if (begun) {
      begun = false;
      events.accept(
          new BackfillEvent.Vacuumed(
              run, leaf.sql(), by, Duration.ofNanos(ticker.nanos() - start)));
    }
  }

  /** It was not. Told once until it is vacuumed, or whenever it was waited for. */
  void skipped(String reason, Duration nextLook) {
    boolean first = state.tellsFirst();
    if (first || begun) {
      tell(reason);
    }
    state.lookAgainAt(ticker.nanos() + nextLook.toNanos());
  }

  /** It is not to be vacuumed yet, which is told only if it was waited for. */
  void early(String reason, Duration nextLook) {
    if (begun) {
      tell(reason);
    }
    state.lookAgainAt(ticker.nanos() + nextLook.toNanos());
  }

  private void tell(String reason) {
    begun = false;
    events.accept(new BackfillEvent.VacuumSkipped(run, leaf.sql(), state.rows(), reason));
  }

  /** The worker goes on with something else, or with nothing. */
  void brokenOff(Throwable failure) {
    if (begun) {
      skipped("the wait was broken off: " + SqlStates.message(failure), Duration.ZERO);
    }
  }
}
