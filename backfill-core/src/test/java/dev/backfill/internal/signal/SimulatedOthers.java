package dev.backfill.internal.signal;

import java.util.OptionalDouble;
import java.util.Random;

/**
 * The application: some WAL always, bursts beyond the link at times, and times of many sessions.
 */
final class SimulatedOthers {
  private static final int CORES = 4;

  private final Random random;
  private final double usualShare;
  private final boolean bursts;
  private int burstUntil;
  private int nextBurst;
  private double burstRate;
  private int busyUntil;
  private int nextBusy;
  private int sessions;

  SimulatedOthers(Random random) {
    this.random = random;
    this.usualShare = 0.4 * random.nextDouble();
    this.bursts = random.nextBoolean();
    this.nextBurst = 1000 + random.nextInt(6000);
    this.nextBusy = random.nextBoolean() ? 1000 + random.nextInt(8000) : Integer.MAX_VALUE;
  }

  /** Bytes of WAL a second. */
  double walRate(int now, double linkRate) {
    if (bursts && now >= nextBurst) {
      burstUntil = now + 200 + random.nextInt(1400);
      nextBurst = burstUntil + 2000 + random.nextInt(5000);
      burstRate = linkRate * 3 * random.nextDouble();
    }
    double usual = usualShare * linkRate * random.nextDouble();
    return now < burstUntil ? usual + burstRate : usual;
  }

  LoadReading load(int now, boolean disturbed, int ourBatches) {
    if (now >= nextBusy) {
      sessions = 1 + random.nextInt(16);
      busyUntil = now + 200 + random.nextInt(3000);
      nextBusy = busyUntil + 3000;
    }
    int active = disturbed && now < busyUntil ? sessions : 0;
    double commit = 2 + random.nextDouble() + 0.5 * (active + ourBatches);
    boolean read = random.nextInt(10) > 0;
    return new LoadReading(
        active, 20 * active, CORES, 1, read ? OptionalDouble.of(commit) : OptionalDouble.empty());
  }
}
