package dev.backfill.internal.signal;

import dev.backfill.internal.postgres.Jooq;
import dev.backfill.internal.postgres.Load;
import dev.backfill.internal.postgres.Replication;
import dev.backfill.internal.postgres.SqlStates;
import dev.backfill.internal.postgres.Tx;
import dev.backfill.internal.time.Sleeper;
import dev.backfill.internal.time.Ticker;
import dev.backfill.model.SignalValue;
import dev.backfill.throttle.SignalContext;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.TreeMap;
import org.jooq.exception.DataAccessException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Watches over a run at work: standbys every 250 ms, or more often for a short limit, everything
 * else every second. It shares the run's control connection with the heartbeat, each use of which
 * is short, so that no slot of the pool is taken for it; that connection is opened again when it is
 * lost.
 */
public final class Monitor implements Runnable {
  private static final Logger LOG = LoggerFactory.getLogger("dev.backfill.run");
  private static final Duration REST = Duration.ofSeconds(1);
  // Below a third of any lease: a signal that hangs must not cost the run its heartbeat.
  private static final String SIGNAL_TIMEOUT = "300";

  private final Watched watched;
  private final Access access;
  private final Board board;
  private final Throttler throttler;
  private final Replicas replicas;
  private final Ticker ticker;
  private final Sleeper sleeper;
  private final Map<String, Double> taken = new TreeMap<>();
  private Optional<Hold> told = Optional.empty();
  private long toldAt;
  private long checkpoints = -1;
  private final Arrivals arrivals = new Arrivals();
  private OptionalDouble commitMillis = OptionalDouble.empty();
  private boolean failing;
  private boolean introduced;

  /**
   * What is watched over.
   *
   * @param cores processors of the server, as far as is known
   * @param budget for how long others may wait for a batch
   */
  public record Watched(
      String run, List<Long> tables, int majorVersion, int cores, Duration budget) {
    public Watched {
      tables = List.copyOf(tables);
    }
  }

  /**
   * What it has seen.
   *
   * @param hold what keeps batches from starting; empty while nothing does
   * @param restRatio rest per work
   */
  public record Sight(Optional<Hold> hold, double restRatio, List<SignalValue> signals) {}

  /** The connection that the monitor may use for a moment. */
  public interface Access {
    <T> T call(Work<T> work) throws SQLException, InterruptedException;

    /** What is done with it. */
    @FunctionalInterface
    interface Work<T> {
      T on(Connection connection) throws SQLException, InterruptedException;
    }
  }

  /** Where the run shows what it waits for, and reads what operators want. */
  public interface Board {
    /** The settings that were asked for, and how long the commit of the showing took. */
    record Exchange(Map<String, Double> settings, OptionalDouble commitMillis) {}

    Exchange show(Connection connection, Sight sight) throws SQLException;

    /** A gate has shut; or, empty, all are open again. */
    void changed(Optional<Hold> hold, Duration lasted);

    /** The number of workers that was asked for. */
    void workers(int count);

    /** A batch was cancelled because others waited for it. */
    void cancelled(int waiting);
  }

  Monitor(
      Watched watched,
      Access access,
      Board board,
      Throttler throttler,
      Replicas replicas,
      Ticker ticker,
      Sleeper sleeper) {
    this.watched = watched;
    this.access = access;
    this.board = board;
    this.throttler = throttler;
    this.replicas = replicas;
    this.ticker = ticker;
    this.sleeper = sleeper;
  }

  @Override
  public void run() {
    try (replicas) {
      long due = ticker.nanos();
      while (!Thread.currentThread().isInterrupted()) {
        boolean everything = ticker.nanos() - due >= 0;
        if (everything) {
          due = ticker.nanos() + REST.toNanos();
        }
        round(everything);
        sleeper.sleep(throttler.poll().orElse(REST));
      }
    } catch (InterruptedException e) {
      LOG.debug("Monitor of run {} ended", watched.run());
    }
  }

  /** One look at the standbys, and at everything else where it is due. */
  void round(boolean everything) throws InterruptedException {
    try {
      standbys();
      if (everything) {
        signals();
        load();
        exchange();
      }
      if (failing) {
        LOG.info("Run {}: the monitor reads again", watched.run());
      }
      failing = false;
      introduce();
    } catch (SQLException | DataAccessException e) {
      failed(e);
    }
    tell();
  }

  private void standbys() throws SQLException, InterruptedException {
    checkpoint();
    Standbys standbys = throttler.standbys();
    if (standbys != null) {
      Replication.Look look = access.call(c -> Tx.required(c, Replication::look));
      standbys.polled(ticker.nanos(), look, replicas.ask());
    }
  }

  /** As often as standbys: until it is seen, batches are too large by far. */
  private void checkpoint() throws SQLException, InterruptedException {
    long begun =
        access.call(c -> Tx.required(c, tx -> Replication.checkpoints(tx, watched.majorVersion())));
    if (checkpoints >= 0 && begun != checkpoints) {
      throttler.checkpointStarted();
    }
    checkpoints = begun;
  }

  private void signals() throws SQLException, InterruptedException {
    for (SignalGate gate : throttler.gates()) {
      try {
        access.call(
            c -> {
              limited(c, tx -> gate.read(new SignalContext(tx, watched.tables(), ticker.nanos())));
              return true;
            });
      } catch (SQLException | DataAccessException e) {
        gate.unreadable(String.valueOf(e.getMessage()));
        if (SqlStates.classify(e) == SqlStates.Kind.CONNECTION) {
          throw e;
        }
      }
    }
  }

  /** Reads only, for a moment only, and leaves nothing behind. */
  private static void limited(Connection connection, Tx.Action action) throws SQLException {
    Tx.run(
        connection,
        tx -> {
          Jooq.on(tx)
              .fetch(
                  "select set_config('statement_timeout', ?, true),"
                      + " set_config('transaction_read_only', 'on', true)",
                  SIGNAL_TIMEOUT);
          action.in(tx);
        });
  }

  private void load() throws SQLException, InterruptedException {
    int others = access.call(c -> Tx.required(c, Load::activeOthers));
    long transactions = access.call(c -> Tx.required(c, Load::transactions));
    throttler.observed(
        new LoadReading(
            others,
            arrivals.perSecond(ticker.nanos(), transactions, throttler.batches()),
            watched.cores(),
            throttler.workers(),
            commitMillis));
    List<Load.Blocking> blocking =
        access.call(c -> Tx.required(c, tx -> Load.blockedBy(tx, watched.run(), watched.budget())));
    for (Load.Blocking ours : blocking) {
      access.call(
          c ->
              Tx.required(
                  c,
                  tx -> {
                    Load.cancel(tx, watched.run(), ours, watched.budget());
                    return true;
                  }));
      board.cancelled(ours.sessions());
    }
  }

  private void exchange() throws SQLException, InterruptedException {
    Board.Exchange exchange =
        access.call(
            c ->
                board.show(
                    c, new Sight(throttler.held(), throttler.restRatio(), throttler.values())));
    commitMillis = exchange.commitMillis();
    exchange.settings().forEach(this::retune);
  }

  private void retune(String setting, double value) {
    if (Double.valueOf(value).equals(taken.put(setting, value))) {
      return;
    }
    boolean known = setting.equals("workers") || throttler.settings().contains(setting);
    double least = setting.equals("workers") ? 1 : Double.MIN_VALUE;
    if (!known || !(value >= least) || Double.isInfinite(value)) {
      LOG.warn(
          "Run {}: setting {} = {} is ignored; settings are {}, and values are above 0, workers at least 1",
          watched.run(),
          setting,
          value,
          throttler.settings());
      return;
    }
    if (setting.equals("workers")) {
      throttler.workers((int) value);
      board.workers((int) value);
    } else {
      throttler.retune(setting, value);
    }
    LOG.info("Run {}: {} is {} from now on", watched.run(), setting, value);
  }

  private void failed(Exception e) {
    if (!failing) {
      LOG.warn(
          "Run {}: the monitor cannot read ({}). It tries again; batches wait where standbys have to"
              + " be watched, and go on as they were where not.",
          watched.run(),
          e.getMessage());
    }
    failing = true;
    throttler.observed(
        new LoadReading(-1, 0, watched.cores(), throttler.workers(), OptionalDouble.empty()));
    Standbys standbys = throttler.standbys();
    if (standbys != null) {
      standbys.unreadable("the primary cannot be asked: " + e.getMessage());
    }
  }

  /** A change is told once; how the value moves meanwhile stands in the progress. */
  private void tell() {
    Optional<Hold> now = throttler.held();
    boolean same = now.map(Hold::signal).equals(told.map(Hold::signal));
    if (!same) {
      board.changed(now, Duration.ofNanos(ticker.nanos() - toldAt));
      toldAt = ticker.nanos();
    }
    told = now;
  }

  private void introduce() {
    if (introduced) {
      return;
    }
    introduced = true;
    Standbys standbys = throttler.standbys();
    StringBuilder active = new StringBuilder();
    if (standbys != null) {
      active.append("replication lag (").append(standbys.describe()).append("), ");
    }
    throttler.gates().forEach(g -> active.append(g.describe()).append(", "));
    active.append(
        watched.cores() > 0 ? "load of others (" + watched.cores() + " cores)" : "no load");
    LOG.info("Run {} watches {}", watched.run(), active);
  }
}
