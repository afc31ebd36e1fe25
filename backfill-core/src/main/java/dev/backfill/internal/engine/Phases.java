package dev.backfill.internal.engine;

import dev.backfill.event.BackfillEvent;
import dev.backfill.internal.batch.BackfillPhase;
import dev.backfill.internal.batch.BatchContext;
import dev.backfill.internal.batch.BlockSweep;
import dev.backfill.internal.batch.Control;
import dev.backfill.internal.batch.Outages;
import dev.backfill.internal.batch.Quarantine;
import dev.backfill.internal.batch.QuarantineRetry;
import dev.backfill.internal.checkpoint.AbandonStore;
import dev.backfill.internal.checkpoint.QuarantineStore;
import dev.backfill.internal.checkpoint.RunRow;
import dev.backfill.internal.checkpoint.WindowStore;
import dev.backfill.internal.contract.Contractor;
import dev.backfill.internal.contract.FinalSweep;
import dev.backfill.internal.contract.NullProof;
import dev.backfill.internal.contract.Sweeper;
import dev.backfill.internal.expand.Expander;
import dev.backfill.internal.expand.Prepared;
import dev.backfill.internal.postgres.Ddl;
import dev.backfill.internal.postgres.DdlGuard;
import dev.backfill.internal.postgres.Target;
import dev.backfill.internal.signal.Watch;
import dev.backfill.internal.time.Sleeper;
import dev.backfill.internal.time.Ticker;
import dev.backfill.internal.vacuum.Vacuuming;
import dev.backfill.model.Contract;
import dev.backfill.model.Options;
import dev.backfill.model.Phase;
import dev.backfill.model.RunState;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.concurrent.atomic.AtomicInteger;
import javax.sql.DataSource;

/** Goes through the phases of a run that are left. Each asks the catalogs what is done already. */
final class Phases {
  private final Prepared prepared;
  private final Target target;
  private final Options options;
  private final Ownership ownership;
  private final DataSource dataSource;
  private final RunControl control;
  private final Outages outages;
  private final ProgressMeter meter;
  private final Events events;
  private final Ticker ticker;
  private final Sleeper sleeper;
  private final WindowStore windows;
  private final DdlGuard guard;
  private final Reconnecting sessions;
  private final Expander expander;
  private final AtomicInteger workers;
  private final Watch watch;
  private final QuarantineStore quarantined;
  private final Quarantine quarantine;
  private final Vacuuming vacuuming;
  private String takenAway = "";

  Phases(
      Prepared prepared,
      Ownership ownership,
      DataSource dataSource,
      RunControl control,
      Outages outages,
      ProgressMeter meter,
      Events events,
      Ticker ticker,
      Sleeper sleeper) {
    this.prepared = prepared;
    this.target = prepared.target();
    this.options = target.spec().options();
    this.ownership = ownership;
    this.dataSource = dataSource;
    this.control = control;
    this.outages = outages;
    this.meter = meter;
    this.events = events;
    this.ticker = ticker;
    this.sleeper = sleeper;
    this.windows = new WindowStore(options.stateSchema());
    this.guard =
        new DdlGuard(
            options.timeouts(),
            ticker,
            sleeper,
            new DdlEvents(ownership.run(), control, events::publish));
    this.sessions = new Reconnecting(dataSource, options.retry(), outages, ticker);
    this.expander = new Expander(guard, options.stateSchema());
    this.workers = new AtomicInteger(options.workers());
    this.watch = watch();
    this.quarantined = new QuarantineStore(options.stateSchema());
    this.quarantine = new Quarantine(target, ownership.run(), quarantined, events::publish, ticker);
    this.vacuuming =
        new Vacuuming(
            ownership.run(),
            options.vacuum(),
            BatchContext.holding(control, ticker, sleeper),
            events::publish,
            ticker);
  }

  private Watch watch() {
    return Watching.over(
        target,
        ownership.connection(),
        new RunBoard(ownership, events, meter, this::workers, ticker),
        ticker,
        sleeper);
  }

  private void workers(int wanted) {
    workers.set(PoolCheck.workersWithin(dataSource, wanted, options.workers()));
  }

  RunState run() throws Exception {
    RunState end = Watching.during(watch, ownership.run(), this::phasesOrAbandonment);
    if (end == RunState.ABANDONED) {
      // After the watch, which writes the run's row too.
      ownership.abandon(new AbandonStore(options.stateSchema()), takenAway);
      events.publish(new BackfillEvent.RunAbandoned(ownership.run(), takenAway));
    }
    return end;
  }

  private RunState phasesOrAbandonment() throws Exception {
    try {
      return phases();
    } catch (Control.StopRequested e) {
      if (!control.beginAbandoning()) {
        throw e;
      }
      RunRow run = ownership.insist(c -> ownership.runs().find(c, ownership.run()).orElseThrow());
      Abandonment abandonment = new Abandonment(guard, ownership.runs(), options.stateSchema());
      sessions.run(
          connection -> takenAway = abandonment.takeAway(connection, run, ownership::fence));
      return RunState.ABANDONED;
    }
  }

  /** Tries the rows in quarantine again; the run stays where it was. */
  void retryQuarantined() throws Exception {
    Watching.during(
        watch,
        ownership.run(),
        () -> {
          RunRow run =
              ownership.insist(c -> ownership.runs().find(c, ownership.run()).orElseThrow());
          begin(run);
          if (run.phase() != Phase.EXPAND) {
            sessions.run(connection -> retry().retry(connection));
          }
          return true;
        });
  }

  private RunState phases() throws Exception {
    RunRow run = ownership.insist(c -> ownership.runs().find(c, ownership.run()).orElseThrow());
    begin(run);
    Phase phase = run.phase();
    boolean instant = run.instant();
    if (phase == Phase.DONE && run.withoutContract() && options.contract() != Contract.NONE) {
      phase = enter(Phase.CONTRACT);
    }
    if (phase == Phase.EXPAND) {
      instant = expand(instant);
      phase = enter(instant ? Phase.CONTRACT : Phase.BACKFILL);
    } else if (phase != Phase.DONE) {
      sessions.run(connection -> retry().retry(connection));
    }
    if (phase == Phase.BACKFILL) {
      new BackfillPhase(batches(), dataSource).run(this::workerThread);
      phase = enter(Phase.CONTRACT);
    }
    if (phase == Phase.CONTRACT) {
      if (options.contract() == Contract.MANUAL && !ownership.contractApproved()) {
        return RunState.AWAITING_APPROVAL;
      }
      sessions.run(this::contract);
      if (options.contract() == Contract.NONE) {
        ownership.insist(c -> ownership.runs().markWithoutContract(c, ownership.lease()));
      }
      enter(Phase.DONE);
    }
    return RunState.DONE;
  }

  private void begin(RunRow run) throws SQLException, InterruptedException {
    WindowStore.Totals before = ownership.insist(c -> windows.totals(c, ownership.run()));
    meter.begin(ownership.run(), target.table().estimatedRows(), before, run.sweptRows());
    long aside = ownership.insist(c -> quarantined.count(c, ownership.run()));
    quarantine.holds(aside);
    meter.quarantined(aside);
    long epoch = ownership.lease().epoch();
    boolean resumed = epoch > 1 && !wasAbandoned();
    ownership.log(resumed ? "resumed" : "started", "epoch " + epoch);
    events.publish(new BackfillEvent.RunStarted(ownership.run(), epoch, resumed));
    events.publish(new BackfillEvent.PhaseChanged(ownership.run(), run.phase()));
    // Not first by a heartbeat: in the second until then a small table would be filled.
    control.pauseByOperator(run.requestedAction().filter("pause"::equals).isPresent());
    if (run.abandonRequested()) {
      control.abandon();
    } else {
      // Again: it may have been abandoned, and begun anew from another one, while we waited.
      Definition.requireSame(run, target);
    }
    control.proceed();
  }

  private boolean wasAbandoned() throws SQLException, InterruptedException {
    return ownership.insist(c -> ownership.runs().history(c, ownership.run(), 1)).stream()
        .anyMatch(last -> last.kind().equals("abandoned"));
  }

  private Phase enter(Phase phase) throws SQLException, InterruptedException {
    ownership.enter(phase);
    events.publish(new BackfillEvent.PhaseChanged(ownership.run(), phase));
    return phase;
  }

  /** Whether the column was added with its value, so that no row is left to fill. */
  private boolean expand(boolean instantBefore) throws SQLException, InterruptedException {
    boolean instant = instantBefore || prepared.instant();
    sessions.run(
        connection ->
            expander.expand(
                connection,
                prepared,
                (tx, column, columnDefault) -> {
                  ownership.runs().recordCreated(tx, ownership.lease(), column, columnDefault);
                  if (prepared.instant()) {
                    // With the column in one transaction: after a crash the run knows that it is
                    // filled.
                    ownership.runs().markInstant(tx, ownership.lease());
                  }
                  ownership.fence(tx);
                }));
    return instant;
  }

  private void contract(Connection connection) throws SQLException, InterruptedException {
    BlockSweep sweep = new BlockSweep(batches(), ownership.runs());
    Remaining remaining = new Remaining(retry(), quarantined, target);
    Sweeper sweeper =
        new Sweeper() {
          @Override
          public long sweep(NullProof.BlockRange range) throws SQLException, InterruptedException {
            return sweep.sweep(connection, range.leaf(), range.fromBlock(), range.toBlock());
          }

          @Override
          public void requireFillable() throws SQLException, InterruptedException {
            remaining.refuse(connection);
          }
        };
    if (options.contract() == Contract.NONE) {
      new FinalSweep(ticker).someRounds(connection, target, sweeper, control::proceed);
      retry().dropResolved(connection);
      return;
    }
    new Contractor(guard, ticker)
        .contract(connection, target, sweeper, ownership::fence, control::proceed);
    // No NULL is left anywhere: whatever is still written down was filled by the application.
    retry().dropResolved(connection);
    if (options.dropCoverAtContract()) {
      RunRow run = ownership.insist(c -> ownership.runs().find(c, ownership.run()).orElseThrow());
      for (Ddl ddl : expander.dropCover(connection, prepared, run.defaultOid())) {
        guard.run(connection, ddl, ownership::fence);
      }
    }
  }

  private QuarantineRetry retry() {
    return new QuarantineRetry(batches(), ownership.runs());
  }

  private BatchContext batches() {
    return new BatchContext(
        target,
        ownership.lease(),
        windows,
        quarantine,
        control,
        outages,
        vacuuming,
        watch.pace(),
        workers::get,
        events::publish,
        ticker,
        sleeper);
  }

  private final AtomicInteger workerNumber = new AtomicInteger();

  private Thread workerThread(Runnable work) {
    Thread thread =
        new Thread(
            work, "backfill-" + ownership.run() + "-worker-" + workerNumber.incrementAndGet());
    thread.setDaemon(true);
    return thread;
  }
}
