package dev.backfill.internal.engine;

import dev.backfill.event.BackfillEvent;
import dev.backfill.internal.checkpoint.WindowStore.Totals;
import dev.backfill.internal.time.Ticker;
import dev.backfill.model.Phase;
import dev.backfill.model.Progress;
import dev.backfill.model.RunState;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalDouble;

/** Adds up what the events of a run say. No row is ever counted in the table. */
final class ProgressMeter {
  private final Ticker ticker;
  private String run = "";
  private Phase phase = Phase.EXPAND;
  private RunState state = RunState.RUNNING;
  private Optional<String> waitingFor = Optional.empty();
  private long estimatedRows;
  private long candidatesBefore;
  private long candidates;
  private long rowsBefore;
  private long rows;
  private long hotRows;
  private long batches;
  private long retries;
  private long startedAt;
  private double hotBefore;

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
    startedAt = ticker.nanos();
  }

  synchronized void state(RunState now, Optional<String> reason) {
    state = now;
    waitingFor = reason;
  }

  synchronized void waitingFor(Optional<String> reason) {
    waitingFor = reason;
  }

  synchronized void on(BackfillEvent event) {
    if (event instanceof BackfillEvent.BatchCommitted batch) {
      candidates += batch.candidates();
      rows += batch.rows();
      hotRows += batch.hotRows();
      batches++;
    } else if (event instanceof BackfillEvent.RowsSwept swept) {
      rows += swept.rows();
    } else if (event instanceof BackfillEvent.BatchRetried) {
      retries++;
    } else if (event instanceof BackfillEvent.PhaseChanged changed) {
      phase = changed.phase();
      waitingFor = Optional.empty();
    } else if (event instanceof BackfillEvent.DdlWaiting ddl) {
      waitingFor = Optional.of("lock held by " + ddl.holders());
    } else if (event instanceof BackfillEvent.DdlExecuted) {
      waitingFor = Optional.empty();
    } else if (event instanceof BackfillEvent.WaitingForOwner other) {
      waitingFor = Optional.of("owner " + other.owner());
    }
  }

  synchronized long retries() {
    return retries;
  }

  synchronized Progress now() {
    double seconds = Math.max(1e-3, (ticker.nanos() - startedAt) / 1e9);
    double rate = rows / seconds;
    double fraction = fraction();
    return new Progress(
        run,
        phase,
        state,
        rowsBefore + rows,
        estimatedRows,
        fraction,
        rate,
        remaining(fraction, seconds),
        batches,
        retries,
        hotShare(),
        waitingFor);
  }

  private double fraction() {
    if (phase == Phase.CONTRACT || phase == Phase.DONE) {
      return 1;
    }
    // Statistics may be older than the rows: never above, and not complete before it is.
    return estimatedRows == 0
        ? 0
        : Math.min(0.999, (double) (candidatesBefore + candidates) / estimatedRows);
  }

  private Optional<Duration> remaining(double fraction, double seconds) {
    if (phase != Phase.BACKFILL || candidates == 0) {
      return Optional.empty();
    }
    double done = (double) candidates / Math.max(1, estimatedRows);
    return Optional.of(Duration.ofMillis((long) (1000 * seconds * (1 - fraction) / done)));
  }

  private OptionalDouble hotShare() {
    long all = rowsBefore + rows;
    return all == 0 ? OptionalDouble.empty() : OptionalDouble.of((hotBefore + hotRows) / all);
  }
}
