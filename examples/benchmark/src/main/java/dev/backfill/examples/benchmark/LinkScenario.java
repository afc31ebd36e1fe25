package dev.backfill.examples.benchmark;

import java.time.Duration;
import java.util.List;

/**
 * What happens to a standby's link while a column is filled.
 *
 * @param megabytesPerSecond the rates of the link, each for an equal part of the time
 * @param pause for how long replay stands still, from the middle of the last part on
 */
record LinkScenario(
    String name, String checkpointTimeout, List<Integer> megabytesPerSecond, Duration pause) {
  static final List<LinkScenario> ALL =
      List.of(
          new LinkScenario("steady", "5min", List.of(4), Duration.ZERO),
          new LinkScenario("checkpoints", "30s", List.of(4), Duration.ZERO),
          new LinkScenario("changing", "5min", List.of(4, 1, 8, 4), Duration.ofSeconds(12)));

  /** Bytes per second at a time of the run. */
  double rateAt(double second, double seconds) {
    int part = (int) (second / seconds * megabytesPerSecond.size());
    return megabytesPerSecond.get(Math.min(part, megabytesPerSecond.size() - 1)) * 1e6;
  }

  /** Whether replay stands still at a time of the run; a short run has a shorter pause. */
  boolean pausedAt(double second, double seconds) {
    double part = seconds / megabytesPerSecond.size();
    double start = seconds - part / 2 - shortened(part) / 2;
    return second >= start && second < start + shortened(part);
  }

  private double shortened(double part) {
    return Math.min(pause.toMillis() / 1000.0, part / 2);
  }
}
