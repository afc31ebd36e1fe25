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
import dev.backfill.model.RunFailedException;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Makes the copy of a rehearsal in short transactions, held back by what holds the run back. */
final class RehearsalCopy {
  private static final long MOST_BLOCKS = 512;
  private static final Duration SLICE = Duration.ofMillis(100);

  private final Connection connection;
  private final Target target;
  private final LeafFigures figures;
  private final ScratchTable table;
  private final Control control;
  private final RehearsalBoard board;
  private final Ticker ticker;
  private final Sleeper sleeper;
  private final Pace pace;
  private final Watch watch;
  private double seconds;
  private long walBytes;

  /**
   * @param connection its own: a statement of a minute keeps nobody else from looking
   * @param watched the one over which the throttle is fed and the schema kept
   */
  RehearsalCopy(
      Connection connection,
      ControlConnection watched,
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
    this.table = table;
    this.control = control;
    this.ticker = ticker;
    this.sleeper = sleeper;
    this.board = new RehearsalBoard(target.runName(), schema, ticker);
    this.watch = Watching.over(target, watched, board, ticker, sleeper);
    this.pace = watch.pace();
  }

  /** Bytes of WAL in a second of the copying itself. */
  double walPerSecond() {
    return seconds <= 0 ? 0 : walBytes / seconds;
  }

  /**
   * Makes it, and returns from which blocks.
   *
   * @throws RunFailedException when they hold far fewer rows than the statistics say
   */
  List<Sample.Stretch> make(Sample sample) throws Exception {
    List<Sample.Stretch> read = new ArrayList<>();
    boolean unused =
        Watching.during(
            watch,
            target.runName(),
            () -> {
              table.create(connection);
              rows(sample, read);
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
    return read;
  }

  private void rows(Sample sample, List<Sample.Stretch> read)
      throws SQLException, InterruptedException {
    for (Sample.Stretch stretch : sample.stretches()) {
      read.add(stretch(sample, stretch));
      if (sample.enough(table.rows())) {
        return;
      }
    }
    throw new RunFailedException(
        String.format(
            Locale.ROOT,
            "There is nothing to rehearse on: %,d blocks of %s were read, from %d places, and hold"
                + " %,d rows, where its statistics promise %,d: most of its blocks are empty, or"
                + " the statistics are old. The table was only read. VACUUM (ANALYZE) it, and"
                + " rehearse again; where that does not help, its rows are too far apart for a"
                + " part of it to say something of the whole.",
            read.stream().mapToLong(s -> s.end() - s.from()).sum(),
            figures.leaf().sql(),
            read.size(),
            table.rows(),
            sample.rows()));
  }

  /** Copies until the sample is complete, and returns what was read. */
  private Sample.Stretch stretch(Sample sample, Sample.Stretch stretch)
      throws SQLException, InterruptedException {
    double rowsPerBlock =
        Math.max(1, (double) figures.leaf().estimatedRows() / Math.max(1, figures.leaf().pages()));
    long block = stretch.from();
    while (block < stretch.end() && table.rows() < sample.rows()) {
      long from = block;
      long blocks = (long) Math.min(MOST_BLOCKS, Math.max(1, pace.maxRows(true) / rowsPerBlock));
      long to = Math.min(stretch.end(), from + blocks);
      long before = ScratchTable.position(connection);
      long start = ticker.nanos();
      long after = step(c -> table.copy(c, from, to, sample.rows() - table.rows()));
      seconds += (ticker.nanos() - start) / 1e9;
      walBytes += after - before;
      block = to;
    }
    return new Sample.Stretch(stretch.from(), block);
  }

  /** What is done in one step, and returns where the WAL ended. */
  private interface Work {
    long on(Connection connection) throws SQLException;
  }

  /** One transaction, when it is its turn, and the rest after it. */
  private long step(Work work) throws SQLException, InterruptedException {
    for (Duration wait = pace.turnIn(); !wait.isZero(); wait = pace.turnIn()) {
      pause(wait);
    }
    proceed();
    long start = ticker.nanos();
    long position = work.on(connection);
    Duration took = Duration.ofNanos(ticker.nanos() - start);
    Duration rest = pace.completed(new BatchReport(0, took, true, 0, position));
    long until = ticker.nanos() + rest.toNanos();
    for (long left = rest.toNanos(); left > 0; left = until - ticker.nanos()) {
      pause(Duration.ofNanos(left));
    }
    return position;
  }

  private void pause(Duration wait) throws SQLException, InterruptedException {
    proceed();
    sleeper.sleep(wait.compareTo(SLICE) < 0 ? wait : SLICE);
  }

  private void proceed() throws InterruptedException {
    control.proceed();
    board.requireKept();
  }
}
