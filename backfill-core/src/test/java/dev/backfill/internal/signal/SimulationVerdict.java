package dev.backfill.internal.signal;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** What a simulated run did, held against what is promised. */
final class SimulationVerdict {
  private static final int MOST_DELAYS = 50_000;

  private final double limit;
  private final double[] delays = new double[MOST_DELAYS];
  private int delayCount;
  private double largestBatch;
  private double beyondAllowed;
  private double readTooLow;
  private boolean allJoined = true;
  private boolean gateOpen;
  private double restRatio;
  private double wal;
  private double work;
  private double use;

  SimulationVerdict(double limit) {
    this.limit = limit;
  }

  /** A batch whose cost could be known, as a multiple of its share of the window. */
  void foreseenBatch(double shares) {
    largestBatch = Math.max(largestBatch, shares);
  }

  void underWay(double bytes, double allowed) {
    beyondAllowed = Math.max(beyondAllowed, bytes - allowed);
  }

  void lagRead(boolean atLeast, double read, double truth) {
    if (!atLeast) {
      readTooLow = Math.max(readTooLow, truth - read);
    }
  }

  void worked(double bytes, double seconds) {
    wal += bytes;
    work += seconds;
  }

  void joined(boolean joined) {
    allJoined &= joined;
  }

  void delayed(double seconds) {
    if (!Double.isNaN(seconds)) {
      delays[delayCount++] = seconds;
    }
  }

  void atTheEnd(boolean open, double ratio, double linkRate, int workers, double seconds) {
    gateOpen = open;
    restRatio = ratio;
    use = Math.max(wal / (linkRate * seconds), work / (workers * seconds));
    Arrays.sort(delays, 0, delayCount);
  }

  /** The longest that we delayed a standby, as a multiple of the limit. */
  double longestDelay() {
    return delays[delayCount - 1] / limit;
  }

  /** Of link or server, whichever is scarcer, the share that was used once all was quiet. */
  double use() {
    return use;
  }

  List<String> broken() {
    List<String> broken = new ArrayList<>();
    check(broken, beyondAllowed <= 1, "WAL under way beyond window and batches", beyondAllowed);
    check(broken, largestBatch <= 1.1, "a batch of several times its share", largestBatch);
    check(broken, longestDelay() <= 2, "a delay of several times the limit", longestDelay());
    check(broken, quantile(0.97) <= 1, "delayed beyond the limit for long", quantile(0.97));
    check(broken, readTooLow <= 2 * ThrottleSimulation.STEP, "a lag read too low", readTooLow);
    check(broken, use >= 0.5, "stuck, or slow for no reason", use);
    check(broken, gateOpen, "a gate still shut", 0);
    check(broken, restRatio == 0, "still resting for nobody", restRatio);
    check(broken, allJoined, "a standby that never caught up", 0);
    return broken;
  }

  private double quantile(double share) {
    return delays[(int) (share * (delayCount - 1))] / limit;
  }

  private static void check(List<String> broken, boolean kept, String what, double value) {
    if (!kept) {
      broken.add(what + ": " + value);
    }
  }
}
