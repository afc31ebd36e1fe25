package dev.backfill.internal.engine;

import dev.backfill.event.BackfillEvent;
import dev.backfill.event.BackfillListener;
import dev.backfill.internal.batch.Control;
import dev.backfill.internal.batch.Outages;
import dev.backfill.internal.checkpoint.Lease;
import dev.backfill.internal.checkpoint.RunRow;
import dev.backfill.internal.expand.Preflight;
import dev.backfill.internal.expand.Prepared;
import dev.backfill.internal.postgres.JooqProbe;
import dev.backfill.internal.postgres.SqlStates;
import dev.backfill.internal.rehearsal.ScratchSchema;
import dev.backfill.internal.time.Sleeper;
import dev.backfill.internal.time.Ticker;
import dev.backfill.model.BackfillException;
import dev.backfill.model.BackfillResult;
import dev.backfill.model.Contract;
import dev.backfill.model.LeaseLostException;
import dev.backfill.model.Phase;
import dev.backfill.model.Progress;
import dev.backfill.model.RunFailedException;
import dev.backfill.model.RunState;
import dev.backfill.model.Specification;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import javax.sql.DataSource;
import org.jooq.exception.DataAccessException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One start of a run, from preflight to result:
 *
 * <ol>
 *   <li>Preflight: reads only, and refuses before anything is changed.
 *   <li>Enters the run in the state tables and waits until its lease is free.
 *   <li>Goes through the phases that are left, each idempotent.
 *   <li>Gives the lease back, whatever happened.
 * </ol>
 */
public final class RunExecution {
  private static final Logger LOG = LoggerFactory.getLogger("dev.backfill.run");

  private final Specification spec;
  private final DataSource dataSource;
  private final Ticker ticker;
  private final Sleeper sleeper;
  private final RunControl control = new RunControl();
  private final ProgressMeter meter;
  private final Events events;
  private final Outages outages;
  private final Retuning retuning;

  public RunExecution(
      Specification spec,
      DataSource dataSource,
      List<BackfillListener> listeners,
      Ticker ticker,
      Sleeper sleeper) {
    this.spec = spec;
    this.dataSource = dataSource;
    this.ticker = ticker;
    this.sleeper = sleeper;
    this.meter = new ProgressMeter(ticker);
    this.retuning = new Retuning(spec);
    this.events = new Events(meter::on, new ProgressLog(ticker, meter::now)::on, listeners);
    this.outages =
        new Outages(
            spec.table() + "." + spec.column(),
            dataSource,
            spec.options().retry(),
            control,
            events::publish,
            ticker,
            sleeper);
  }

  public Progress progress() {
    return meter.now();
  }

  public void pause() {
    control.pause(true);
  }

  public void resume() {
    control.pause(false);
  }

  public void stop() {
    control.stop();
  }

  public void retune(String setting, double value) {
    retuning.ask(setting, value);
  }

  /**
   * Runs to the end, or until stopped, on the calling thread.
   *
   * @throws BackfillException with what to do next
   * @throws InterruptedException when the thread was interrupted; the run can be resumed
   */
  public BackfillResult execute() throws InterruptedException {
    return execute(Work.WHOLE_RUN);
  }

  /**
   * Tries the rows in quarantine again, and does nothing else of the run.
   *
   * @throws BackfillException with what to do next, at once when another process is at the run
   * @throws InterruptedException when the thread was interrupted
   */
  public BackfillResult retryQuarantined() throws InterruptedException {
    return execute(Work.RETRY_OF_QUARANTINE);
  }

  /** What is done with a run once it is ours. */
  private enum Work {
    /** Waits for its turn. */
    WHOLE_RUN,
    /** Something beside the run, which stays in the state in which it was. */
    RETRY_OF_QUARANTINE
  }

  private BackfillResult execute(Work work) throws InterruptedException {
    boolean whole = work == Work.WHOLE_RUN;
    JooqProbe.require();
    try (ControlConnection connection = new ControlConnection(dataSource, outages)) {
      PoolCheck.require(dataSource, spec.options().workers());
      RunRegister register = new RunRegister(spec, connection, sleeper, events::publish);
      Optional<RunRow> finished = register.findFinished();
      if (whole && finished.isPresent()) {
        return finished(new ResultReader(connection, spec, ticker), finished.get());
      }
      // The server has answered once: from here on an outage is waited for.
      Prepared prepared = preflight(connection);
      outages.named(prepared.target().runName());
      connection.insist(
          c -> {
            ScratchSchema.of(spec.options().stateSchema()).dropLeft(c);
            return true;
          });
      RunRow run = whole ? register.enter(prepared.target()) : register.existing(prepared.target());
      Optional<Lease> lease =
          whole
              ? register.awaitLease(run.name(), control)
              : Optional.of(register.takeLease(run.name()));
      return owned(connection, register, prepared, run, lease, work);
    } catch (Control.StopRequested e) {
      throw new RunFailedException(
          "The backfill of "
              + spec.table()
              + "."
              + spec.column()
              + " was stopped while it waited for the server, before it had begun or gone on with"
              + " anything. Start it again when the server is back.",
          e);
    } catch (SQLException | DataAccessException e) {
      throw failed(e);
    }
  }

  /** The value is tried there, and may be what ends the session. */
  private Prepared preflight(ControlConnection connection)
      throws SQLException, InterruptedException {
    try {
      return connection.insistWithin(outages.losses(), c -> Preflight.check(c, spec));
    } catch (SQLException | DataAccessException e) {
      if (SqlStates.classify(e) != SqlStates.Kind.CONNECTION) {
        throw e;
      }
      throw new RunFailedException(
          "The backfill of "
              + spec.table()
              + "."
              + spec.column()
              + " did not start, and nothing was changed: the session was lost in each of "
              + spec.options().retry().maxAttempts()
              + " attempts to hold the definition against the database, which tries the value on rows"
              + " of the table. The last time: SQLSTATE "
              + SqlStates.state(e)
              + ", "
              + e.getMessage()
              + ". Try the value in a session of your own, and see the server's log, then start again.",
          e);
    }
  }

  private BackfillResult finished(ResultReader results, RunRow run)
      throws SQLException, InterruptedException {
    BackfillResult result = results.of(run, RunState.DONE, 0);
    if (!result.notNull() && spec.options().contract() != Contract.NONE) {
      LOG.warn(
          "Run {} is complete, and somebody has dropped the NOT NULL of its column since. Nothing"
              + " is done about it: apply it again with ALTER TABLE, or delete the run's row of"
              + " table run to have the next start fill and apply what is missing.",
          run.name());
    }
    return result;
  }

  private BackfillResult owned(
      ControlConnection connection,
      RunRegister register,
      Prepared prepared,
      RunRow registered,
      Optional<Lease> lease,
      Work work)
      throws SQLException, InterruptedException {
    ResultReader results = new ResultReader(connection, spec, ticker);
    if (lease.isEmpty()) {
      // Another node finished or abandoned it, or we were asked to stop while we waited.
      RunRow theirs = register.find(registered.name());
      RunState end = theirs.state() == RunState.ABANDONED ? RunState.ABANDONED : RunState.STOPPED;
      meter.state(theirs.phase() == Phase.DONE ? RunState.DONE : end);
      return results.of(theirs, end, 0);
    }
    Ownership ownership =
        new Ownership(
            register.runs(),
            register.leases(),
            connection,
            lease.get(),
            spec.options().timeouts().lease(),
            control,
            ticker,
            sleeper);
    boolean whole = work == Work.WHOLE_RUN;
    RunState end =
        whole ? RunState.FAILED : registered.stateAtRest(register.find(registered.name()).phase());
    Optional<String> error = whole ? Optional.empty() : registered.lastError();
    try {
      control.observe(
          paused -> {
            if (paused) {
              meter.paused(control.pausedBy());
            }
            events.publish(
                paused
                    ? new BackfillEvent.RunPaused(registered.name())
                    : new BackfillEvent.RunResumed(registered.name()));
          });
      retuning.begin(
          (setting, value) ->
              connection.call(c -> register.runs().retune(c, registered.name(), setting, value)));
      Phases phases =
          new Phases(
              prepared, ownership, dataSource, control, outages, meter, events, ticker, sleeper);
      if (whole) {
        end = phases.run();
      } else {
        phases.retryQuarantined();
      }
    } catch (Control.StopRequested e) {
      end = whole ? RunState.STOPPED : end;
    } catch (InterruptedException e) {
      end = whole ? RunState.STOPPED : end;
      throw e;
    } catch (LeaseLostException e) {
      events.publish(new BackfillEvent.RunFailed(registered.name(), e));
      throw e;
    } catch (Exception e) {
      BackfillException failure = failed(e);
      error = whole ? Optional.ofNullable(failure.getMessage()) : error;
      events.publish(new BackfillEvent.RunFailed(registered.name(), failure));
      throw failure;
    } finally {
      retuning.end();
      meter.state(end);
      ownership.release(end, error);
    }
    BackfillResult result = results.of(register.find(registered.name()), end, meter.retries());
    events.publish(new BackfillEvent.RunEnded(registered.name(), result));
    return result;
  }

  private BackfillException failed(Exception e) {
    if (e instanceof BackfillException known) {
      return known;
    }
    String where = spec.table() + "." + spec.column();
    String state = SqlStates.state(e);
    return new RunFailedException(
        "The backfill of "
            + where
            + " failed: "
            + (state == null ? "" : "SQLSTATE " + state + ", ")
            + e.getMessage()
            + ". What is filled stays filled; once the cause is mended, start it again to go on.",
        e);
  }
}
