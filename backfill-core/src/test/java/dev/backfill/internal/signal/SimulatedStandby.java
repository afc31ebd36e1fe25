package dev.backfill.internal.signal;

import java.util.Random;

/**
 * A standby behind a link whose rate changes fourfold, with a replay that pauses, a report that is
 * late, and restarts after which the report is missing or goes back.
 */
final class SimulatedStandby {
  private static final double MB = 1 << 20;

  private final Random random;
  private final double[] insertAt;
  private final double[] replayedAt;
  private final int[] unpausedSteps;
  private final int[] coveredAt;
  private final int since;
  private final double usualRate;
  private final int reportDelay;
  private double linkRate;
  private double replayRate;
  private double received;
  private double replayed;
  private int covered = -1;
  private int rateChanges;
  private int pauses;
  private int pausedUntil;
  private int restarts;

  SimulatedStandby(long seed, double[] insertAt, int since, double behind) {
    this.random = new Random(seed);
    this.insertAt = insertAt;
    this.since = since;
    this.replayedAt = new double[insertAt.length];
    this.unpausedSteps = new int[insertAt.length];
    this.coveredAt = new int[insertAt.length];
    this.replayRate = (30 + random.nextInt(170)) * MB;
    this.reportDelay = 1 + random.nextInt(20);
    this.usualRate = StrictMath.pow(2, 5 * random.nextDouble()) * MB;
    this.linkRate = usualRate;
    this.received = Math.max(0, insertAt[since] - behind);
    this.replayed = received;
    this.rateChanges = since + 1000 + random.nextInt(3000);
    this.pauses = since + 1000 + random.nextInt(6000);
    this.restarts = since + 2000 + random.nextInt(20_000);
  }

  void step(int now, boolean disturbed) {
    if (disturbed && now >= rateChanges) {
      linkRate = usualRate * StrictMath.pow(2, -1 + 2 * random.nextDouble());
      rateChanges = now + 1000 + random.nextInt(3000);
    }
    if (disturbed && now >= pauses) {
      pausedUntil = now + 100 + random.nextInt(2400);
      pauses = pausedUntil + 2000 + random.nextInt(8000);
    }
    boolean paused = disturbed && now < pausedUntil;
    double seconds = ThrottleSimulation.STEP;
    received = Math.min(insertAt[now], received + linkRate * seconds);
    if (!paused) {
      replayed = Math.min(received, replayed + replayRate * seconds);
    }
    replayedAt[now] = replayed;
    unpausedSteps[now] = (now > since ? unpausedSteps[now - 1] : 0) + (paused ? 0 : 1);
    while (covered < now && insertAt[covered + 1] <= replayed + 0.5) {
      coveredAt[++covered] = now;
    }
  }

  /** The trouble is over: what is waiting takes seconds. */
  void recover(int now) {
    linkRate = Math.max(linkRate, (insertAt[now] - received) / 8);
    replayRate = Math.max(replayRate, (insertAt[now] - replayed) / 8);
    restarts = Math.min(restarts, now - 600);
  }

  void sameRatesAs(SimulatedStandby other) {
    linkRate = other.linkRate;
    replayRate = other.replayRate;
  }

  /** What the primary has heard; zero while it hears nothing. */
  long reported(int now) {
    if (now >= restarts && now < restarts + 400) {
      return 0;
    }
    long heard = (long) replayedAt[Math.max(since, now - reportDelay)];
    return now >= restarts && now < restarts + 600 ? heard - (1 << 22) : heard;
  }

  /** The last step whose WAL was replayed. */
  int covered() {
    return covered;
  }

  /** Without bound if it has not replayed what was there at the start. */
  double lagSeconds(int now) {
    return covered < 0 ? Double.POSITIVE_INFINITY : (now - covered) * ThrottleSimulation.STEP;
  }

  double drainRate() {
    return Math.min(linkRate, replayRate);
  }

  int since() {
    return since;
  }

  /**
   * How much later the WAL of a step was replayed here than by another standby, not counting the
   * time in which replay was paused; NaN if it was not.
   */
  double secondsLater(int step, SimulatedStandby other) {
    if (step > covered || step > other.covered) {
      return Double.NaN;
    }
    int steps = unpausedSteps[coveredAt[step]] - unpausedSteps[other.coveredAt[step]];
    return steps * ThrottleSimulation.STEP;
  }
}
