package dev.backfill.internal.signal;

import dev.backfill.internal.time.Ticker;
import dev.backfill.model.RunFailedException;
import dev.backfill.model.SignalValue;
import dev.backfill.throttle.NotOurs;
import dev.backfill.throttle.Throttling;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Puts together all that slows a run down. Three controls, each for one thing, and none fed by
 * another's signal:
 *
 * <ul>
 *   <li>the WAL window, for standbys: when a batch may start, and how large it may be;
 *   <li>the pacer, for the application: how long to rest after it;
 *   <li>gates, for everything else: whether anything may start at all;
 * </ul>
 *
 * and hard caps on rows and WAL per second.
 */
public final class Throttler implements Pace {
  // A batch is some 50 ms: asking more often would gain little.
  private static final Duration ASK_AGAIN = Duration.ofMillis(10);
  private static final long WORTH_TELLING = 1_000_000_000L;
  private static final String ROWS = "rows-per-second";
  private static final String WAL = "wal-bytes-per-second";
  private static final String LAG = "replication-lag";

  private final String run;
  private final Ticker ticker;
  private final List<SignalGate> gates;
  private final @Nullable Standbys standbys;
  private final @Nullable Pacer pacer;
  private final WalForecast forecast;
  private final AtomicInteger workers;
  private final AtomicLong batches = new AtomicLong();
  private volatile @Nullable RowRate rowRate;
  private volatile @Nullable WalRate walRate;
  private volatile long heldByWindowSince = -1;

  Throttler(
      String run,
      Throttling throttling,
      OptionalLong rowsPerSecond,
      int indexes,
      int workers,
      List<SignalGate> gates,
      @Nullable Standbys standbys,
      Ticker ticker) {
    this.run = run;
    this.ticker = ticker;
    this.gates = List.copyOf(gates);
    this.standbys = standbys;
    this.pacer = throttling.pacing() ? new Pacer() : null;
    this.forecast = new WalForecast(indexes);
    this.workers = new AtomicInteger(workers);
    if (rowsPerSecond.isPresent()) {
      this.rowRate = new RowRate(rowsPerSecond.getAsLong(), ticker);
    }
    if (throttling.walBytesPerSecond().isPresent()) {
      this.walRate = new WalRate(throttling.walBytesPerSecond().getAsLong(), ticker);
    }
  }

  @Override
  public int maxRows(boolean firstPass) {
    int most = UNLIMITED;
    RowRate rows = rowRate;
    if (rows != null) {
      most = Math.min(most, rows.maxRows());
    }
    WalRate wal = walRate;
    if (wal != null) {
      most = Math.min(most, forecast.rows(firstPass, 4 * wal.maxBytes(), workers.get()));
    }
    if (standbys != null && standbys.trickles(ticker.nanos())) {
      return Math.min(most, WalForecast.FLOOR);
    }
    OptionalLong window = standbys == null ? OptionalLong.empty() : standbys.window();
    if (window.isPresent()) {
      most = Math.min(most, forecast.rows(firstPass, window.getAsLong(), workers.get()));
    }
    return most;
  }

  @Override
  public Duration turnIn() {
    long now = ticker.nanos();
    Optional<Hold> shut = gateShut(now);
    if (shut.isPresent()) {
      boolean trickle =
          standbys != null && shut.get().signal().equals(LAG) && standbys.mayTrickle(now);
      return trickle ? Duration.ZERO : ASK_AGAIN;
    }
    if (standbys != null && standbys.windowFull().isPresent()) {
      heldByWindowSince = heldByWindowSince < 0 ? now : heldByWindowSince;
      return ASK_AGAIN;
    }
    heldByWindowSince = -1;
    RowRate rows = rowRate;
    WalRate wal = walRate;
    return longer(
        rows == null ? Duration.ZERO : rows.turnIn(), wal == null ? Duration.ZERO : wal.turnIn());
  }

  @Override
  public void windowStarted() {
    forecast.windowStarted();
  }

  @Override
  public Duration completed(BatchReport batch) {
    batches.incrementAndGet();
    forecast.committed(batch.firstPass(), batch.rows(), batch.walBytes());
    if (standbys != null && batch.walPosition() > 0) {
      standbys.written(batch.walPosition());
    }
    RowRate rows = rowRate;
    if (rows != null) {
      rows.filled(batch.rows());
    }
    WalRate wal = walRate;
    if (wal != null) {
      wal.written(batch.walBytes());
    }
    Duration rest = pacer == null ? Duration.ZERO : pacer.restAfter(batch.serverTime());
    boolean half = standbys != null && standbys.halfPace();
    return half ? longer(rest, batch.serverTime()) : rest;
  }

  private Optional<Hold> gateShut(long now) {
    for (SignalGate gate : gates) {
      Optional<Hold> hold = gate.shut();
      if (hold.isPresent()) {
        return hold;
      }
    }
    if (standbys == null) {
      return Optional.empty();
    }
    Optional<Hold> hold = standbys.shut(now);
    if (hold.isPresent() && standbys.policyWhenNotOurs() == NotOurs.FAIL && standbys.notOurs(now)) {
      throw new RunFailedException(
          "Run "
              + run
              + " stopped, as was asked for: "
              + hold.get().describe()
              + ". What is filled stays filled; start the run again once the standby has caught up.");
    }
    return hold;
  }

  /** What holds the run back now, for progress and events; short pauses of the window do not. */
  Optional<Hold> held() {
    long now = ticker.nanos();
    for (SignalGate gate : gates) {
      Optional<Hold> hold = gate.shut();
      if (hold.isPresent()) {
        return hold;
      }
    }
    if (standbys == null) {
      return Optional.empty();
    }
    Optional<Hold> hold = standbys.shut(now);
    long since = heldByWindowSince;
    boolean forLong = since >= 0 && now - since > WORTH_TELLING;
    return hold.isPresent() || !forLong ? hold : standbys.windowFull();
  }

  /** What the signals show, those that can be read. */
  List<SignalValue> values() {
    List<SignalValue> values = new ArrayList<>();
    gates.forEach(gate -> gate.value().ifPresent(values::add));
    if (standbys != null) {
      values.addAll(standbys.values(ticker.nanos()));
    }
    return values;
  }

  /** Whether a setting is known; takes the value when it is above zero. */
  boolean retune(String setting, double value) {
    if (setting.equals(ROWS)) {
      rowRate = new RowRate((long) Math.max(1, value), ticker);
      return true;
    }
    if (setting.equals(WAL)) {
      walRate = new WalRate((long) Math.max(1, value), ticker);
      return true;
    }
    if (standbys != null && setting.equals(LAG)) {
      standbys.limit(value);
      return true;
    }
    Optional<SignalGate> gate = gates.stream().filter(g -> g.name().equals(setting)).findFirst();
    gate.ifPresent(g -> g.gate().retune(value));
    return gate.isPresent();
  }

  /** How often standbys have to be looked at; empty where none is to be. */
  Optional<Duration> poll() {
    return standbys == null ? Optional.empty() : Optional.of(standbys.poll());
  }

  void workers(int count) {
    workers.set(count);
  }

  int workers() {
    return workers.get();
  }

  /** How many batches were committed. */
  long batches() {
    return batches.get();
  }

  void checkpointStarted() {
    forecast.checkpointStarted();
  }

  void observed(LoadReading reading) {
    if (pacer != null) {
      pacer.observed(reading);
    }
  }

  /** Rest per work. */
  double restRatio() {
    return pacer == null ? 0 : pacer.ratio();
  }

  List<SignalGate> gates() {
    return gates;
  }

  @Nullable Standbys standbys() {
    return standbys;
  }

  /** The settings that may be changed while the run is at work. */
  List<String> settings() {
    List<String> names = new ArrayList<>(List.of(ROWS, WAL, "workers"));
    gates.forEach(g -> names.add(g.name()));
    if (standbys != null) {
      names.add(LAG);
    }
    return names;
  }

  private static Duration longer(Duration a, Duration b) {
    return a.compareTo(b) >= 0 ? a : b;
  }
}
