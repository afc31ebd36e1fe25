package dev.backfill.internal.engine;

import dev.backfill.event.BackfillEvent;
import dev.backfill.internal.postgres.Key;
import dev.backfill.internal.time.Ticker;
import dev.backfill.model.Progress;
import java.time.Duration;
import java.util.Locale;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes what an operator wants to read of a run: phases, progress now and then, and what holds it.
 */
final class ProgressLog {
  private static final Logger LOG = LoggerFactory.getLogger("dev.backfill.run");
  private static final Duration EVERY = Duration.ofSeconds(30);

  private final Ticker ticker;
  private final Supplier<Progress> progress;
  private long last;
  private long retriesSinceLast;
  private long quarantinedSinceLast;

  ProgressLog(Ticker ticker, Supplier<Progress> progress) {
    this.ticker = ticker;
    this.progress = progress;
    this.last = ticker.nanos();
  }

  synchronized void on(BackfillEvent event) {
    if (event instanceof BackfillEvent.BatchCommitted batch) {
      LOG.debug("{}", batch);
      periodically();
    } else if (event instanceof BackfillEvent.BatchRetried retried) {
      retry(retried);
    } else if (event instanceof BackfillEvent.RowQuarantined row) {
      quarantined(row);
    } else if (event instanceof BackfillEvent.QuarantineRetried retried) {
      LOG.info(
          "Run {}: {} rows have left the quarantine, {} of them filled now; {} are in it still",
          retried.run(),
          retried.released(),
          retried.filled(),
          retried.total());
    } else if (event instanceof BackfillEvent.DdlWaiting waiting) {
      LOG.info("Run {} waits with \"{}\" for {}", waiting.run(), waiting.sql(), waiting.holders());
    } else if (event instanceof BackfillEvent.TableLocked locked) {
      LOG.info(
          "Run {} waits for table {}, locked by {}",
          locked.run(),
          locked.table(),
          locked.holders());
    } else if (event instanceof BackfillEvent.VacuumAwaited vacuum) {
      LOG.info(
          "Run {}: table {} has {} dead rows of the run; its batches wait until {} has vacuumed it",
          vacuum.run(),
          vacuum.table(),
          vacuum.deadRows(),
          vacuum.by());
    } else if (event instanceof BackfillEvent.Vacuumed done) {
      LOG.info(
          "Run {}: {} has vacuumed table {} in {} s",
          done.run(),
          done.by(),
          done.table(),
          done.took().toMillis() / 1000.0);
    } else if (event instanceof BackfillEvent.VacuumSkipped skipped) {
      LOG.warn(
          "Run {}: table {} has {} dead rows of the run and is not vacuumed: {}. The run goes on, and"
              + " the table grows meanwhile.",
          skipped.run(),
          skipped.table(),
          skipped.deadRows(),
          skipped.reason());
    } else if (event instanceof BackfillEvent.ServerLost lost) {
      LOG.warn(
          "Run {} waits for the server{}: {}. It tries again in growing pauses, and goes on by itself"
              + " when the server is back; what is committed stays.",
          lost.run(),
          lost.sqlState().map(s -> " (SQLSTATE " + s + ")").orElse(""),
          lost.message());
    } else if (event instanceof BackfillEvent.ServerBack back) {
      LOG.info(
          "Run {}: the server is back after {} s", back.run(), back.lasted().toMillis() / 1000.0);
    } else if (event instanceof BackfillEvent.DdlExecuted done) {
      LOG.info("Run {}: {} ({} ms)", done.run(), done.sql(), done.took().toMillis());
    } else if (event instanceof BackfillEvent.HotShareLow low) {
      LOG.info(
          "Run {}: {} % of the updates of window {} were HOT, fewer than expected; {}",
          low.run(), Math.round(100 * low.hotShare()), low.window(), low.reaction());
    } else if (event instanceof BackfillEvent.RunFailed failed) {
      LOG.error("Run {} failed", failed.run(), failed.error());
    } else if (event instanceof BackfillEvent.WindowClaimed
        || event instanceof BackfillEvent.WindowCompleted) {
      LOG.debug("{}", event);
    } else {
      LOG.info("{}", event);
    }
  }

  // A busy table can make thousands of these: the first is worth a line, the rest a number.
  private void retry(BackfillEvent.BatchRetried retried) {
    if (retriesSinceLast++ == 0) {
      LOG.info(
          "Run {}: a batch was rolled back (SQLSTATE {}: {}) and is tried again in {} ms; further ones"
              + " are counted in the next progress line",
          retried.run(),
          retried.sqlState(),
          retried.message(),
          retried.pause().toMillis());
    } else {
      LOG.debug("{}", retried);
    }
  }

  private void quarantined(BackfillEvent.RowQuarantined row) {
    if (quarantinedSinceLast++ == 0) {
      LOG.warn(
          "Run {}: the row of {} with key {} cannot be filled and is in quarantine (SQLSTATE {}: {});"
              + " further ones are counted in the next progress line",
          row.run(),
          row.table(),
          Key.shown(row.key()),
          row.sqlState(),
          row.message());
    } else {
      LOG.debug("Run {}: one more, key {}", row.run(), Key.shown(row.key()));
    }
  }

  private void periodically() {
    if (ticker.nanos() - last < EVERY.toNanos()) {
      return;
    }
    last = ticker.nanos();
    Progress now = progress.get();
    LOG.info(
        "Run {}: {} rows filled, about {} %, {} rows/s, about {} left, {} rows in quarantine, {}"
            + " batches rolled back since the last line",
        now.name(),
        now.rowsFilled(),
        String.format(Locale.ROOT, "%.1f", 100 * now.fraction()),
        Math.round(now.rowsPerSecond()),
        now.remaining().map(Duration::toSeconds).map(s -> s + " s").orElse("an unknown time"),
        now.quarantined(),
        retriesSinceLast);
    retriesSinceLast = 0;
    quarantinedSinceLast = 0;
  }
}
