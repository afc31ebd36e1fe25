package dev.backfill.internal.engine;

import dev.backfill.event.BackfillListener;
import dev.backfill.internal.batch.BatchContext;
import dev.backfill.internal.batch.BlockSweep;
import dev.backfill.internal.batch.Control;
import dev.backfill.internal.batch.Outages;
import dev.backfill.internal.batch.Quarantine;
import dev.backfill.internal.checkpoint.Lease;
import dev.backfill.internal.checkpoint.QuarantineStore;
import dev.backfill.internal.checkpoint.RunRow;
import dev.backfill.internal.checkpoint.WindowStore;
import dev.backfill.internal.contract.FinalSweep;
import dev.backfill.internal.postgres.JooqProbe;
import dev.backfill.internal.postgres.Target;
import dev.backfill.internal.signal.Watch;
import dev.backfill.internal.time.Sleeper;
import dev.backfill.internal.time.Ticker;
import dev.backfill.internal.vacuum.Vacuuming;
import dev.backfill.model.BackfillException;
import dev.backfill.model.Phase;
import dev.backfill.model.RunFailedException;
import dev.backfill.model.Specification;
import dev.backfill.model.Vacuum;
import java.util.List;
import javax.sql.DataSource;

/**
 * Fills the rows that have no value although their run has passed them, as the final sweep of a run
 * does: in fenced batches, under the run's lease.
 */
public final class RepairExecution {
  private final Specification spec;
  private final DataSource dataSource;
  private final Ticker ticker;
  private final Sleeper sleeper;
  private final RunControl control = new RunControl();
  private final ProgressMeter meter;
  private final Events events;
  private final Outages outages;

  public RepairExecution(
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

  /**
   * Fills them on the calling thread.
   *
   * @return how many rows it filled
   * @throws BackfillException with what to do next; what is filled stays filled
   * @throws InterruptedException when the thread was interrupted
   */
  public long execute() throws InterruptedException {
    JooqProbe.require();
    try (ControlConnection connection = new ControlConnection(dataSource, outages)) {
      PoolCheck.require(dataSource, 1);
      KnownRun known = connection.call(c -> KnownRun.find(c, spec, sleeper));
      outages.named(known.run().name());
      requirePassed(known.run());
      RunRegister register = new RunRegister(spec, connection, sleeper, events::publish);
      Lease lease = register.acquire(known.run().name()).orElseThrow(() -> atWork(known.run()));
      return owned(connection, register, known, lease);
    } catch (InterruptedException | BackfillException e) {
      throw e;
    } catch (Control.StopRequested e) {
      throw new RunFailedException(
          "The repair of " + name() + " was stopped by an operator. Call it again to go on.", e);
    } catch (Exception e) {
      throw new RunFailedException(
          "The repair of "
              + name()
              + " failed: "
              + e.getMessage()
              + ". What is filled stays filled; once the cause is mended, call it again to go on.",
          e);
    }
  }

  private String name() {
    return spec.table() + "." + spec.column();
  }

  private static void requirePassed(RunRow run) {
    if (run.phase() == Phase.EXPAND || run.phase() == Phase.BACKFILL) {
      throw new RunFailedException(
          "Run %s is in phase %s: it still fills such rows itself, and nothing was changed. Start it, or let it go on."
              .formatted(run.name(), run.phase()));
    }
  }

  private static RunFailedException atWork(RunRow run) {
    return new RunFailedException(
        "Run %s is at work, and fills such rows itself; nothing was changed by this call. Repair once it has ended. Its owner is %s."
            .formatted(run.name(), run.owner().orElse("another process")));
  }

  private long owned(
      ControlConnection connection, RunRegister register, KnownRun known, Lease lease)
      throws Exception {
    RunRow before = known.run();
    Phase phase = register.find(before.name()).phase();
    Ownership ownership =
        new Ownership(
            register.runs(),
            register.leases(),
            connection,
            lease,
            spec.options().timeouts().lease(),
            control,
            ticker,
            sleeper);
    try {
      sweep(ownership, known.target());
      long filled = register.find(before.name()).sweptRows() - before.sweptRows();
      ownership.log("repaired", filled + " rows filled");
      return filled;
    } finally {
      ownership.release(before.stateAtRest(phase), before.lastError());
    }
  }

  private void sweep(Ownership ownership, Target target) throws Exception {
    Watch watch =
        Watching.over(
            target,
            ownership.connection(),
            new RunBoard(ownership, events, meter, workers -> {}, ticker),
            ticker,
            sleeper);
    BlockSweep sweep = new BlockSweep(batches(ownership, target, watch), ownership.runs());
    Watching.during(
        watch,
        ownership.run(),
        () -> {
          new Reconnecting(dataSource, spec.options().retry(), outages, ticker)
              .run(
                  connection ->
                      new FinalSweep(ticker)
                          .someRounds(
                              connection,
                              target,
                              r -> sweep.sweep(connection, r.leaf(), r.fromBlock(), r.toBlock()),
                              control::proceed));
          return true;
        });
  }

  private BatchContext batches(Ownership ownership, Target target, Watch watch) {
    return new BatchContext(
        target,
        ownership.lease(),
        new WindowStore(spec.options().stateSchema()),
        new Quarantine(
            target,
            ownership.run(),
            new QuarantineStore(spec.options().stateSchema()),
            events::publish,
            ticker),
        control,
        outages,
        new Vacuuming(
            ownership.run(),
            Vacuum.off(),
            BatchContext.holding(control, ticker, sleeper),
            events::publish,
            ticker),
        watch.pace(),
        () -> 1,
        events::publish,
        ticker,
        sleeper);
  }
}
