package dev.backfill.internal.engine;

import dev.backfill.event.BackfillEvent;
import dev.backfill.internal.batch.Control;
import dev.backfill.internal.batch.Outages;
import dev.backfill.internal.checkpoint.AbandonStore;
import dev.backfill.internal.checkpoint.Lease;
import dev.backfill.internal.checkpoint.LeaseStore;
import dev.backfill.internal.checkpoint.RunRow;
import dev.backfill.internal.checkpoint.RunStore;
import dev.backfill.internal.checkpoint.StateSchema;
import dev.backfill.internal.postgres.DdlGuard;
import dev.backfill.internal.postgres.Identifiers;
import dev.backfill.internal.rehearsal.ScratchSchema;
import dev.backfill.internal.time.Sleeper;
import dev.backfill.internal.time.Ticker;
import dev.backfill.model.BackfillException;
import dev.backfill.model.Phase;
import dev.backfill.model.RetryPolicy;
import dev.backfill.model.RunFailedException;
import dev.backfill.model.RunState;
import dev.backfill.model.Timeouts;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import javax.sql.DataSource;
import org.jooq.exception.DataAccessException;

/**
 * Gives a run up from outside:
 *
 * <ol>
 *   <li>Writes the request into the run's row, where its owner sees it.
 *   <li>Waits until the owner has carried it out. Where there is none, or its lease runs out, takes
 *       the run over by the next epoch, and carries it out here.
 * </ol>
 */
final class AbandonByOperator {
  private static final Duration POLL = Duration.ofMillis(250);
  // The definition, with the run's own, is not at hand.
  private static final Timeouts TIMEOUTS = Timeouts.defaults();

  private final DataSource dataSource;
  private final String stateSchema;
  private final Ticker ticker;
  private final Sleeper sleeper;
  private final RunStore runs;
  private final LeaseStore leases;
  private final AbandonStore abandons;
  private final RunControl control = new RunControl();
  private final Consumer<BackfillEvent> log;

  AbandonByOperator(DataSource dataSource, String stateSchema, Ticker ticker, Sleeper sleeper) {
    this.dataSource = dataSource;
    this.stateSchema = stateSchema;
    this.ticker = ticker;
    this.sleeper = sleeper;
    this.runs = new RunStore(stateSchema);
    this.leases = new LeaseStore(stateSchema);
    this.abandons = new AbandonStore(stateSchema);
    this.log = new ProgressLog(ticker, new ProgressMeter(ticker)::now)::on;
  }

  /** Returns when it is abandoned; false when there is no such run. */
  boolean abandon(String run, boolean keepColumn) throws SQLException, InterruptedException {
    PoolCheck.require(dataSource, 1);
    Outages outages =
        new Outages(run, dataSource, RetryPolicy.defaults(), control, log, ticker, sleeper);
    try (ControlConnection connection = new ControlConnection(dataSource, outages)) {
      if (!connection.call(c -> ask(c, run, keepColumn))) {
        return false;
      }
      String owner = OwnerName.create();
      while (connection.call(c -> isUnderWay(c, run))) {
        Optional<Lease> lease =
            connection.call(c -> leases.acquire(c, run, owner, TIMEOUTS.lease()));
        if (lease.isPresent()) {
          carryOut(connection, outages, lease.get());
          return true;
        }
        sleeper.sleep(POLL);
      }
      return true;
    }
  }

  private boolean ask(Connection c, String run, boolean keepColumn)
      throws SQLException, InterruptedException {
    StateSchema schema = new StateSchema(stateSchema, sleeper);
    long table = schema.requireTrusted(c, run);
    ScratchSchema.of(stateSchema).dropLeft(c);
    if (!schema.exists(c) || runs.find(c, run).isEmpty()) {
      return false;
    }
    schema.ensure(c, table);
    return abandons.request(c, run, keepColumn) || runs.find(c, run).isPresent();
  }

  /** Whether it is still to be abandoned. */
  private boolean isUnderWay(Connection c, String run) {
    Optional<RunRow> row = runs.find(c, run);
    if (row.isEmpty() || row.get().state() == RunState.ABANDONED) {
      return false;
    }
    if (row.get().phase() == Phase.DONE) {
      throw done(row.get());
    }
    if (!row.get().abandonRequested()) {
      throw new RunFailedException(
          "Run "
              + run
              + " is not being abandoned any more: something else was asked of it since, or it was"
              + " abandoned and begun anew. history() says which.");
    }
    return true;
  }

  private static RunFailedException done(RunRow run) {
    return new RunFailedException(
        "Run "
            + run.name()
            + " is done, so there is nothing to give up, and nothing was changed. If its column is"
            + " not wanted: drop the triggers of the table that are called ~~backfill_..., if it"
            + " has them, and then ALTER TABLE "
            + run.tableName()
            + " DROP COLUMN "
            + Identifiers.quote(run.columnName())
            + ". To have it filled again after that, delete the run's row of table run first.");
  }

  private void carryOut(ControlConnection connection, Outages outages, Lease lease)
      throws SQLException, InterruptedException {
    Ownership ownership =
        new Ownership(runs, leases, connection, lease, TIMEOUTS.lease(), control, ticker, sleeper);
    RunState end = RunState.FAILED;
    Optional<String> error = Optional.empty();
    try {
      takeAway(ownership, outages);
      end = RunState.ABANDONED;
    } catch (Control.StopRequested e) {
      end = RunState.STOPPED;
      throw new RunFailedException(
          "Run "
              + lease.run()
              + " was not abandoned: it was asked to stop meanwhile. It can be resumed.",
          e);
    } catch (SQLException | DataAccessException | BackfillException e) {
      error = Optional.ofNullable(e.getMessage());
      throw e;
    } finally {
      ownership.release(end, error);
    }
  }

  private void takeAway(Ownership ownership, Outages outages)
      throws SQLException, InterruptedException {
    String run = ownership.run();
    RunRow row = ownership.insist(c -> runs.find(c, run).orElseThrow());
    control.abandon();
    if (!row.abandonRequested() || !control.beginAbandoning()) {
      throw new Control.StopRequested();
    }
    DdlGuard guard = new DdlGuard(TIMEOUTS, ticker, sleeper, new DdlEvents(run, control, log));
    Abandonment abandonment = new Abandonment(guard, runs, stateSchema);
    AtomicReference<String> detail = new AtomicReference<>("");
    new Reconnecting(dataSource, RetryPolicy.defaults(), outages, ticker)
        .run(c -> detail.set(abandonment.takeAway(c, row, ownership::fence)));
    ownership.abandon(abandons, detail.get());
    log.accept(new BackfillEvent.RunAbandoned(run, detail.get()));
  }
}
