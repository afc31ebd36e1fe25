package dev.backfill.internal.signal;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * One run on a driven clock, made up from a seed: a table, workers, an application, standbys. For
 * 80 seconds rates change, replay pauses, others write, checkpoints begin, polls fail; then all
 * that ends, and 40 quiet seconds follow.
 *
 * <p>Each standby has a twin without our WAL. What we do to a standby is by how much later it
 * replays anything than its twin.
 */
final class ThrottleSimulation {
  /** Seconds of a step. */
  static final double STEP = 0.005;

  private static final int QUIET = 16_000;
  private static final int JUDGED = 20_000;
  private static final int END = 24_000;
  private static final double MB = 1 << 20;
  private static final double[] LIMITS = {2, 3, 5, 5, 10, 30};

  private final Random random;
  private final double limit;
  private final int pollSteps;
  private final boolean measuresOnlyOwnWal;
  private final SimulatedOthers application;
  private final List<SimulatedWorker> workers = new ArrayList<>();
  private final List<SimulatedStandby> standbys = new ArrayList<>();
  private final List<SimulatedStandby> twins = new ArrayList<>();
  private final double[] insertAt = new double[END];
  private final double[] othersAt = new double[END];
  private final double[] ownAt = new double[END];

  private final LagRing ring = new LagRing();
  private final WalForecast forecast;
  private final Gate gate;
  private final Pacer pacer = new Pacer();
  private final List<WalWindow> windows = new ArrayList<>();
  private final List<Long> knownReplayed = new ArrayList<>();
  private long knownInsert;
  private boolean gateOpen = true;

  private final SimulationVerdict verdict;
  private int now;
  private double insert = 100 * MB;
  private double others = insert;
  private double own;
  private double batchesAtStart;
  private List<Long> windowsAtStart = List.of();
  private boolean checkpointToSee;
  private int nextCheckpoint;
  private int blindUntil;

  ThrottleSimulation(long seed) {
    random = new Random(seed);
    limit = LIMITS[random.nextInt(LIMITS.length)];
    pollSteps = (int) (WalWindow.pollFor(duration(limit)).toMillis() / (STEP * 1000));
    measuresOnlyOwnWal = random.nextBoolean();
    SimulatedTable table = SimulatedTable.random(random);
    for (int i = random.nextInt(4); i >= 0; i--) {
      workers.add(new SimulatedWorker(table, random));
    }
    forecast = new WalForecast(table.indexes());
    gate = new Gate("lag", limit, limit / 2, this::nanos);
    application = new SimulatedOthers(random);
    nextCheckpoint = 3000 + random.nextInt(5000);
    verdict = new SimulationVerdict(limit);
  }

  SimulationVerdict run() {
    insertAt[0] = insert;
    othersAt[0] = others;
    join(0);
    int joins = random.nextInt(10) < 3 ? 2000 + random.nextInt(8000) : -1;
    for (now = 0; now < END; now++) {
      boolean disturbed = now < QUIET;
      if (now == QUIET) {
        recover();
      }
      if (disturbed) {
        disturb();
      }
      workers.forEach(this::turn);
      insertAt[now] = insert;
      othersAt[now] = others;
      ownAt[now] = own;
      if (now == joins) {
        join((10 + random.nextInt(60)) * MB);
      }
      standbys.forEach(standby -> standby.step(now, disturbed));
      twins.forEach(twin -> twin.step(now, disturbed));
      checkUnderWay();
      if (now % pollSteps == 0) {
        poll(disturbed);
      }
    }
    judge();
    return verdict;
  }

  private void join(double behind) {
    long seed = random.nextLong();
    standbys.add(new SimulatedStandby(seed, insertAt, now, behind));
    twins.add(new SimulatedStandby(seed, othersAt, now, behind));
    windows.add(new WalWindow(duration(limit)));
    knownReplayed.add(standbys.get(standbys.size() - 1).reported(now));
  }

  private void recover() {
    for (int i = 0; i < standbys.size(); i++) {
      standbys.get(i).recover(now - 1);
      twins.get(i).sameRatesAs(standbys.get(i));
    }
  }

  private void disturb() {
    double written = application.walRate(now, standbys.get(0).drainRate()) * STEP;
    insert += written;
    others += written;
    if (now >= nextCheckpoint) {
      workers.forEach(SimulatedWorker::checkpoint);
      checkpointToSee = random.nextInt(10) < 7;
      nextCheckpoint = now + 4000 + random.nextInt(4000);
    }
    if (random.nextInt(20_000) == 0) {
      blindUntil = now + random.nextInt(1000);
    }
  }

  private void turn(SimulatedWorker worker) {
    if (worker.working()) {
      double part = worker.work(STEP);
      insert += part * worker.wal;
      own += part * worker.wal;
      if (now >= JUDGED) {
        verdict.worked(part * worker.wal, part * worker.batchSeconds() * worker.workShare());
      }
      if (!worker.working()) {
        committed(worker);
      }
    } else if (now >= worker.restUntil && mayStart()) {
      start(worker);
    }
  }

  private void committed(SimulatedWorker worker) {
    double wal = measuresOnlyOwnWal ? worker.wal : insert - worker.insertAtStart;
    forecast.committed(worker.firstPass, worker.rows, (long) wal);
    knownInsert = (long) insert;
    ring.sampled(nanos(), knownInsert);
    Duration rest = pacer.restAfter(duration(worker.batchSeconds()));
    worker.restUntil = now + (int) (rest.toNanos() / 1e9 / STEP);
    if (worker.windowEnds()) {
      forecast.windowStarted();
    }
  }

  private boolean mayStart() {
    for (int i = 0; i < windows.size(); i++) {
      if (knownInsert - knownReplayed.get(i) > windows.get(i).bytes()) {
        return false;
      }
    }
    return gateOpen;
  }

  private void start(SimulatedWorker worker) {
    long window = windows.stream().mapToLong(WalWindow::bytes).min().orElseThrow();
    worker.start(forecast.rows(worker.inFirstPass(), window, workers.size()));
    worker.insertAtStart = insert;
    if (worker.rows > WalForecast.FLOOR && !worker.surprised) {
      double share = Math.max(window / 4.0, 65_536) / workers.size();
      verdict.foreseenBatch(worker.wal / share);
    }
    worker.surprised &= worker.firstPass || checkpointToSee;
    windowsAtStart = windows.stream().map(WalWindow::bytes).toList();
    batchesAtStart =
        workers.stream().filter(SimulatedWorker::working).mapToDouble(each -> each.wal).sum();
  }

  private void poll(boolean disturbed) {
    if (now < blindUntil) {
      gateOpen = gate.unreadable(true);
      return;
    }
    knownInsert = (long) insert;
    ring.sampled(nanos(), knownInsert);
    if (checkpointToSee) {
      forecast.checkpointStarted();
      checkpointToSee = false;
      workers.forEach(worker -> worker.surprised = false);
    }
    double worst = 0;
    for (int i = 0; i < standbys.size(); i++) {
      SimulatedStandby standby = standbys.get(i);
      long replayed = standby.reported(now);
      windows.get(i).polled(nanos(), knownInsert, replayed);
      if (replayed > 0) {
        knownReplayed.set(i, replayed);
      }
      Lag lag = ring.lag(nanos(), knownReplayed.get(i));
      double seconds = lag.time().toNanos() / 1e9;
      verdict.lagRead(lag.atLeast(), seconds, standby.lagSeconds(now));
      worst = Math.max(worst, lag.atLeast() ? Double.POSITIVE_INFINITY : seconds);
    }
    gateOpen = gate.read(worst);
    int batches = (int) workers.stream().filter(SimulatedWorker::working).count();
    pacer.observed(application.load(now, disturbed, batches));
  }

  private void checkUnderWay() {
    for (int i = 0; i < windowsAtStart.size(); i++) {
      SimulatedStandby standby = standbys.get(i);
      int replaying = Math.min(now, Math.max(standby.since(), standby.covered() + 1));
      verdict.underWay(own - ownAt[replaying], windowsAtStart.get(i) + batchesAtStart);
    }
  }

  private void judge() {
    for (int i = 0; i < standbys.size(); i++) {
      SimulatedStandby standby = standbys.get(i);
      verdict.joined(standby.covered() >= JUDGED);
      for (int step = standby.since(); step < END; step += 2) {
        verdict.delayed(standby.secondsLater(step, twins.get(i)));
      }
    }
    double link = standbys.stream().mapToDouble(SimulatedStandby::drainRate).min().orElseThrow();
    verdict.atTheEnd(gateOpen, pacer.ratio(), link, workers.size(), (END - JUDGED) * STEP);
  }

  private long nanos() {
    return Math.round(now * STEP * 1e9);
  }

  private static Duration duration(double seconds) {
    return Duration.ofNanos(Math.round(seconds * 1e9));
  }
}
