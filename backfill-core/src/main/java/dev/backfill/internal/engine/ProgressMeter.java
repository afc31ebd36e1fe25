package dev.backfill.internal.engine;

import dev.backfill.event.BackfillEvent;
import dev.backfill.internal.checkpoint.WindowStore.Totals;
import dev.backfill.internal.time.Ticker;
import dev.backfill.model.Phase;
import dev.backfill.model.Progress;
import dev.backfill.model.RunState;
import dev.backfill.model.SignalValue;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;

/** Adds up what the events of a run say. No row is ever counted in the table. */
final class ProgressMeter {
  private static final String TABLE = "table";
  private static final String SERVER = "server";
  private static final String PAUSE = "pause";
  private static final String VACUUM = "vacuum of ";

  private final Ticker ticker;
  private String run = "";
  private Phase phase = Phase.EXPAND;
  private RunState state = RunState.RUNNING;
  private final WorkMeter work = new WorkMeter();
  // Two, since neither's end is the other's.
  private final Wait throttle = new Wait();
  private final Wait others = new Wait();
  private long estimatedRows;
  private long candidatesBefore;
  private long rowsBefore;
  private long rows;
  private long hotRows;
  private long batches;
  private long retries;
  private double hotBefore;
  private double reached;
  private long quarantined;
  private List<SignalValue> signals = List.of();

  ProgressMeter(Ticker ticker) {
    this.ticker = ticker;
  }

  /** Begins from what earlier starts of the run did. */
  synchronized void begin(String name, long estimated, Totals before, long swept) {
    run = name;
    estimatedRows = estimated;
    rowsBefore = before.rows() + swept;
    candidatesBefore = before.rows();
    hotBefore = before.hotRows();
    batches = before.batches();
    work.begin(ticker.nanos());
  }

  synchronized void state(RunState now) {
    state = now;
    throttle.ends();
    others.ends();
  }

  /** So many rows are in quarantine. */
  synchronized void quarantined(long rows) {
    quarantined = rows;
  }

  /** Nothing holds batches back. */
  synchronized void released() {
    throttle.ends();
  }

  /** A signal holds batches back. */
  synchronized void throttled(String signal, String inWords) {
    throttle.begins(signal, inWords, ticker.nanos());
  }

  /** What the signals showed just now. */
  synchronized void signals(List<SignalValue> values) {
    signals = values;
  }

  /** Somebody holds the run; in words, who has to let it go on. */
  synchronized void paused(String waitsFor) {
    state = RunState.PAUSED;
    others.begins(PAUSE, waitsFor, ticker.nanos());
  }

  synchronized void on(BackfillEvent event) {
    if (event instanceof BackfillEvent.BatchCommitted
        || event instanceof BackfillEvent.WindowClaimed
        || event instanceof BackfillEvent.RowsSwept) {
      others.ends(TABLE);
    }
    if (event instanceof BackfillEvent.WindowClaimed window) {
      work.claimed(window.window(), window.stripes());
    } else if (event instanceof BackfillEvent.WindowCompleted window) {
      work.completed(window.window());
    } else if (event instanceof BackfillEvent.BatchCommitted batch) {
      work.committed(ticker.nanos(), batch);
      rows += batch.rows();
      hotRows += batch.hotRows();
      batches++;
    } else if (event instanceof BackfillEvent.RowsSwept swept) {
      rows += swept.rows();
    } else if (event instanceof BackfillEvent.BatchRetried) {
      retries++;
    } else if (event instanceof BackfillEvent.RowQuarantined row) {
      quarantined = row.total();
    } else if (event instanceof BackfillEvent.QuarantineRetried retried) {
      rows += retried.filled();
      quarantined = retried.total();
    } else if (event instanceof BackfillEvent.PhaseChanged changed) {
      phase = changed.phase();
      others.ends();
    } else if (event instanceof BackfillEvent.TableLocked locked) {
      others.begins(
          TABLE, "table " + locked.table() + ", locked by " + locked.holders(), ticker.nanos());
    } else if (event instanceof BackfillEvent.VacuumAwaited vacuum) {
      others.begins(
          VACUUM + vacuum.table(),
          "vacuum of table %s by %s, for its %d dead rows"
              .formatted(vacuum.table(), vacuum.by(), vacuum.deadRows()),
          ticker.nanos());
    } else if (event instanceof BackfillEvent.Vacuumed done) {
      others.ends(VACUUM + done.table());
    } else if (event instanceof BackfillEvent.VacuumSkipped skipped) {
      others.ends(VACUUM + skipped.table());
    } else if (event instanceof BackfillEvent.DdlWaiting ddl) {
      others.begins("ddl", "lock held by " + ddl.holders(), ticker.nanos());
    } else if (event instanceof BackfillEvent.DdlExecuted
        || event instanceof BackfillEvent.RunStarted) {
      others.ends();
    } else if (event instanceof BackfillEvent.RunResumed) {
      state = RunState.RUNNING;
      others.ends();
    } else if (event instanceof BackfillEvent.ServerLost lost) {
      others.begins(SERVER, "the server: " + lost.message(), ticker.nanos());
    } else if (event instanceof BackfillEvent.ServerBack) {
      others.ends(SERVER);
    } else if (event instanceof BackfillEvent.WaitingForOwner other) {
      others.begins("owner", "owner " + other.owner(), ticker.nanos());
    }
  }

  synchronized long retries() {
    return retries;
  }

  synchronized Progress now() {
    long now = ticker.nanos();
    Wait wait = others.reason().isPresent() ? others : throttle;
    long left = Math.max(0, estimatedRows - candidatesBefore);
    return new Progress(
        run,
        phase,
        state,
        rowsBefore + rows,
        estimatedRows,
        fraction(left),
        run.isEmpty() ? 0 : work.rowsPerSecond(now),
        phase == Phase.BACKFILL ? work.remaining(now, left) : Optional.empty(),
        batches,
        retries,
        quarantined,
        hotShare(),
        wait.reason(),
        wait.lasted(now),
        signals);
  }

  /** Never goes back, though what a row costs is learned meanwhile. */
  private double fraction(long left) {
    if (phase == Phase.CONTRACT || phase == Phase.DONE) {
      return 1;
    }
    if (estimatedRows > 0) {
      // Statistics may be older than the rows: not complete before it is.
      double done = Math.min(1, (candidatesBefore + work.share(left) * left) / estimatedRows);
      reached = Math.max(reached, Math.min(0.999, done));
    }
    return reached;
  }

  private OptionalDouble hotShare() {
    long all = rowsBefore + rows;
    return all == 0 ? OptionalDouble.empty() : OptionalDouble.of((hotBefore + hotRows) / all);
  }
}
