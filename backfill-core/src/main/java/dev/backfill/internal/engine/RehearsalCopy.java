package dev.backfill.internal.engine;

import dev.backfill.internal.batch.Control;
import dev.backfill.internal.postgres.Target;
import dev.backfill.internal.rehearsal.Index;
import dev.backfill.internal.rehearsal.LeafFigures;
import dev.backfill.internal.rehearsal.Sample;
import dev.backfill.internal.rehearsal.ScratchSchema;
import dev.backfill.internal.rehearsal.ScratchTable;
import dev.backfill.internal.signal.BatchReport;
import dev.backfill.internal.signal.Pace;
import dev.backfill.internal.signal.Watch;
import dev.backfill.internal.time.Sleeper;
import dev.backfill.internal.time.Ticker;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;

/** Makes the copy of a rehearsal in short transactions, held back by what holds the run back. */
final class RehearsalCopy {
  private static final long MOST_BLOCKS = 512;
  private static final Duration SLICE = Duration.ofMillis(100);

  private final ControlConnection connection;
  private final Target target;
  private final LeafFigures figures;
  private final ScratchSchema schema;
  private final ScratchTable table;
  private final Control control;
  private final Ticker ticker;
  private final Sleeper sleeper;
  private final Pace pace;
  private final Watch watch;
  private double seconds;
  private long walBytes;

  RehearsalCopy(
      ControlConnection connection,
      Target target,
      LeafFigures figures,
      ScratchSchema schema,
      ScratchTable table,
      Control control,
      Ticker ticker,
      Sleeper sleeper) {
    this.connection = connection;
    this.target = target;
    this.figures = figures;
    this.schema = schema;
    this.table = table;
    this.control = control;
    this.ticker = ticker;
    this.sleeper = sleeper;
    this.watch =
        Watching.over(target, connection, new RehearsalBoard(target.runName()), ticker, sleeper);
    this.pace = watch.pace();
  }

  /** Bytes of WAL in a second of the copying itself. */
  double walPerSecond() {
    return seconds <= 0 ? 0 : walBytes / seconds;
  }

  void make(Sample sample) throws Exception {
    boolean unused =
        Watching.during(
            watch,
            target.runName(),
            () -> {
              connection.run(table::create);
              rows(sample);
              for (Index index : figures.indexes()) {
                long unusedPosition = step(c -> table.index(c, index));
              }
              long unusedPosition =
                  step(
                      c -> {
                        table.finish(c);
                        return ScratchTable.position(c);
                      });
              return true;
            });
  }

  private void rows(Sample sample) throws SQLException, InterruptedException {
    double rowsPerBlock =
        Math.max(1, (double) figures.leaf().estimatedRows() / Math.max(1, figures.leaf().pages()));
    for (long block = sample.firstBlock(); block < sample.end(); ) {
      long from = block;
      long blocks = (long) Math.min(MOST_BLOCKS, Math.max(1, pace.maxRows(true) / rowsPerBlock));
      long to = Math.min(sample.end(), from + blocks);
      long before = connection.call(ScratchTable::position);
      long start = ticker.nanos();
      long after = step(c -> table.copy(c, from, to));
      seconds += (ticker.nanos() - start) / 1e9;
      walBytes += after - before;
      block = to;
    }
  }

  /** One transaction, when it is its turn, and the rest after it. */
  private long step(ControlConnection.Work<Long> work) throws SQLException, InterruptedException {
    for (Duration wait = pace.turnIn(); !wait.isZero(); wait = pace.turnIn()) {
      pause(wait);
    }
    control.proceed();
    long start = ticker.nanos();
    long position =
        connection.call(
            (Connection c) -> {
              schema.renew(c);
              return work.on(c);
            });
    Duration took = Duration.ofNanos(ticker.nanos() - start);
    Duration rest = pace.completed(new BatchReport(0, took, true, 0, position));
    long until = ticker.nanos() + rest.toNanos();
    for (long left = rest.toNanos(); left > 0; left = until - ticker.nanos()) {
      pause(Duration.ofNanos(left));
    }
    return position;
  }

  private void pause(Duration wait) throws SQLException, InterruptedException {
    control.proceed();
    sleeper.sleep(wait.compareTo(SLICE) < 0 ? wait : SLICE);
  }
}
