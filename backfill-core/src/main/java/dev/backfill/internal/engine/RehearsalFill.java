package dev.backfill.internal.engine;

import dev.backfill.internal.postgres.Replication;
import dev.backfill.internal.rehearsal.Measured;
import dev.backfill.internal.rehearsal.ScratchSchema;
import dev.backfill.internal.rehearsal.ScratchTable;
import dev.backfill.internal.time.Sleeper;
import dev.backfill.internal.time.Ticker;
import dev.backfill.model.BackfillException;
import dev.backfill.model.BackfillResult;
import dev.backfill.model.RunFailedException;
import dev.backfill.model.RunState;
import dev.backfill.model.Specification;
import java.sql.SQLException;
import java.util.List;
import javax.sql.DataSource;
import org.jooq.exception.DataAccessException;

/**
 * Fills the copy of a rehearsal by the engine, and measures it. A rehearsal that was suspended may
 * find its successor's copy under the name of its own: so it asks whose it is before it begins, as
 * each phase begins, and before it believes a figure or a failure.
 */
final class RehearsalFill {
  private final Specification rehearsed;
  private final int majorVersion;
  private final ScratchSchema schema;
  private final ScratchTable table;
  private final DataSource dataSource;
  private final BriefConnections connections;
  private final Ticker ticker;
  private final Sleeper sleeper;
  private Runnable stop = () -> {};

  RehearsalFill(
      Specification rehearsed,
      int majorVersion,
      ScratchSchema schema,
      ScratchTable table,
      DataSource dataSource,
      BriefConnections connections,
      Ticker ticker,
      Sleeper sleeper) {
    this.rehearsed = rehearsed;
    this.majorVersion = majorVersion;
    this.schema = schema;
    this.table = table;
    this.dataSource = dataSource;
    this.connections = connections;
    this.ticker = ticker;
    this.sleeper = sleeper;
  }

  /** What the run on the copy ended with. */
  static final class FailedOnCopyException extends Exception {
    private static final long serialVersionUID = 1L;

    FailedOnCopyException(BackfillException cause) {
      super(cause.getMessage(), cause);
    }
  }

  /**
   * @throws FailedOnCopyException when the run ended with an error
   * @throws RunFailedException when the copy is another rehearsal's by now, or when an operator has
   *     ended the run
   */
  Measured measure(double copyWalPerSecond)
      throws FailedOnCopyException, SQLException, InterruptedException {
    connections.on(schema::keep);
    ScratchTable.Size size = connections.get(table::size);
    long checkpoints = connections.get(c -> Replication.checkpoints(c, majorVersion));
    long walBefore = connections.get(ScratchTable::position);
    RehearsalClock clock = new RehearsalClock(ticker, this::betweenPhases);
    run(clock);
    long wal = connections.get(ScratchTable::position) - walBefore;
    Measured measured =
        new Measured(
            size,
            connections.get(table::size).heapBytes(),
            clock.filled(),
            clock.hotRows(),
            clock.windowRows(),
            wal - clock.growingWal(wal),
            clock.growingWal(wal),
            copyWalPerSecond,
            clock.once(),
            clock.windows(),
            clock.growing(),
            clock.held(),
            connections.get(c -> Replication.checkpoints(c, majorVersion)) != checkpoints);
    connections.on(schema::keep);
    return measured;
  }

  private void run(RehearsalClock clock)
      throws FailedOnCopyException, SQLException, InterruptedException {
    RunExecution execution =
        new RunExecution(rehearsed, dataSource, List.of(clock), ticker, sleeper);
    stop = execution::stop;
    BackfillResult result;
    try {
      result = execution.execute();
    } catch (BackfillException e) {
      refuseAnothers(e);
      throw new FailedOnCopyException(e);
    }
    connections.on(schema::keep);
    if (result.state() != RunState.DONE) {
      throw new RunFailedException(
          "The rehearsal gives no figures: somebody has asked its run to end, which is "
              + result.state()
              + ". The table was only read. Rehearse again.");
    }
  }

  /** What became of another's copy says nothing of this definition. */
  private void refuseAnothers(BackfillException e) {
    try {
      connections.on(schema::keep);
    } catch (RunFailedException takenAway) {
      takenAway.addSuppressed(e);
      throw takenAway;
    } catch (SQLException | DataAccessException unknown) {
      e.addSuppressed(unknown);
    }
  }

  /**
   * Where the WAL ends; the schema is kept on the way, for when its run's lease is given back. On
   * another's copy the run is stopped, which the first phase hears of before it does anything: what
   * a listener throws changes nothing.
   */
  private long betweenPhases() {
    try {
      return connections.get(
          c -> {
            if (!schema.renew(c)) {
              stop.run();
            }
            return ScratchTable.position(c);
          });
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }
}
