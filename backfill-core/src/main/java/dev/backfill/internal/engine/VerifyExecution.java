package dev.backfill.internal.engine;

import dev.backfill.event.BackfillListener;
import dev.backfill.internal.batch.Outages;
import dev.backfill.internal.checkpoint.Lease;
import dev.backfill.internal.checkpoint.RunStore;
import dev.backfill.internal.checkpoint.VerificationRow;
import dev.backfill.internal.checkpoint.VerificationStore;
import dev.backfill.internal.postgres.JooqProbe;
import dev.backfill.internal.postgres.SqlStates;
import dev.backfill.internal.postgres.Target;
import dev.backfill.internal.signal.Watch;
import dev.backfill.internal.time.Sleeper;
import dev.backfill.internal.time.Ticker;
import dev.backfill.internal.verify.VerificationWork;
import dev.backfill.internal.verify.Verifier;
import dev.backfill.model.BackfillException;
import dev.backfill.model.RunFailedException;
import dev.backfill.model.Specification;
import dev.backfill.model.VerifyResult;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import javax.sql.DataSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One comparison of a column with its definition, from preflight to result. It has a lease of its
 * own, and may go on beside the run.
 */
public final class VerifyExecution {
  private static final Logger LOG = LoggerFactory.getLogger("dev.backfill.run");
  private static final Duration POLL = Duration.ofSeconds(1);

  private final Specification spec;
  private final DataSource dataSource;
  private final Ticker ticker;
  private final Sleeper sleeper;
  private final Events events;
  private final Outages outages;
  private final VerificationStore store;
  private final RunStore runs;
  private final long start;

  public VerifyExecution(
      Specification spec,
      DataSource dataSource,
      List<BackfillListener> listeners,
      Ticker ticker,
      Sleeper sleeper) {
    this.spec = spec;
    this.dataSource = dataSource;
    this.ticker = ticker;
    this.sleeper = sleeper;
    ProgressMeter meter = new ProgressMeter(ticker);
    this.events = new Events(meter::on, new ProgressLog(ticker, meter::now)::on, listeners);
    this.outages =
        new Outages(
            spec.table() + "." + spec.column(),
            dataSource,
            spec.options().retry(),
            VerifyExecution::proceed,
            events::publish,
            ticker,
            sleeper);
    this.store = new VerificationStore(spec.options().stateSchema());
    this.runs = new RunStore(spec.options().stateSchema());
    this.start = ticker.nanos();
  }

  private static void proceed() throws InterruptedException {
    if (Thread.interrupted()) {
      throw new InterruptedException("interrupted between two chunks");
    }
  }

  /**
   * Compares all rows on the calling thread; goes on with a comparison that was cut short, and
   * waits for one that another process is at.
   *
   * @throws BackfillException with what to do next
   * @throws InterruptedException when the thread was interrupted; the next call goes on
   */
  public VerifyResult execute() throws InterruptedException {
    JooqProbe.require();
    try (ControlConnection connection = new ControlConnection(dataSource, outages)) {
      PoolCheck.require(dataSource, 1);
      Target target = connection.call(c -> KnownRun.find(c, spec, sleeper)).target();
      outages.named(target.runName());
      Optional<Lease> lease = awaitLease(connection, target.runName());
      if (lease.isPresent()) {
        owned(connection, target, lease.get());
      }
      return connection.insist(c -> result(c, target.runName()));
    } catch (InterruptedException | BackfillException e) {
      throw e;
    } catch (Exception e) {
      throw failed(e);
    }
  }

  /** The lease once it is ours; empty when another process has finished it meanwhile. */
  private Optional<Lease> awaitLease(ControlConnection connection, String run)
      throws SQLException, InterruptedException {
    String owner = OwnerName.create();
    Duration duration = spec.options().timeouts().lease();
    for (boolean waited = false; ; waited = true) {
      if (waited && connection.insist(c -> finished(c, run))) {
        return Optional.empty();
      }
      Optional<Lease> lease = connection.insist(c -> store.acquire(c, run, owner, duration));
      if (lease.isPresent()) {
        return lease;
      }
      if (!waited) {
        LOG.info("Another process verifies run {}; its result is waited for", run);
      }
      proceed();
      sleeper.sleep(POLL);
    }
  }

  private boolean finished(Connection connection, String run) {
    return store.find(connection, run).flatMap(VerificationRow::finishedAt).isPresent();
  }

  private void owned(ControlConnection connection, Target target, Lease lease) throws Exception {
    String run = lease.run();
    Duration duration = spec.options().timeouts().lease();
    LOG.info("The verification of run {} begins or goes on, epoch {}", run, lease.epoch());
    Watch watch =
        Watching.over(
            target, connection, new VerificationBoard(store, lease, ticker), ticker, sleeper);
    Verifier verifier =
        new Verifier(
            new VerificationWork(
                target,
                lease,
                duration,
                store,
                VerifyExecution::proceed,
                watch.pace(),
                ticker,
                sleeper));
    Reconnecting sessions = new Reconnecting(dataSource, spec.options().retry(), outages, ticker);
    VerificationLease held = new VerificationLease(connection, store, lease, duration, sleeper);
    try {
      Watching.during(
          watch,
          run,
          () -> {
            sessions.run(verifier::verify);
            return true;
          });
      connection.insist(c -> told(c, run));
    } finally {
      held.release();
    }
  }

  /** For the log and the run's history. */
  private boolean told(Connection connection, String run) {
    VerificationRow.Compared compared = store.find(connection, run).orElseThrow().compared();
    String detail =
        "%d rows compared, %d without a value, %d different"
            .formatted(compared.rows(), compared.unfilled(), compared.different());
    LOG.info("Run {} is verified: {}", run, detail);
    runs.log(connection, run, "verified", detail);
    return true;
  }

  private VerifyResult result(Connection connection, String run) {
    VerificationRow row = store.find(connection, run).orElseThrow();
    return new VerifyResult(
        run,
        row.compared().rows(),
        row.compared().unfilled(),
        row.compared().different(),
        store.differences(connection, run),
        row.startedAt(),
        Duration.ofNanos(ticker.nanos() - start));
  }

  private RunFailedException failed(Exception e) {
    String state = SqlStates.state(e);
    return new RunFailedException(
        "The verification of "
            + spec.table()
            + "."
            + spec.column()
            + " failed: "
            + (state == null ? "" : "SQLSTATE " + state + ", ")
            + e.getMessage()
            + ". No row was changed, and what is compared stays compared; once the cause is mended, call"
            + " it again to go on.",
        e);
  }
}
