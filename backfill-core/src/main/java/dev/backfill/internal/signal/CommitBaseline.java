package dev.backfill.internal.signal;

import java.util.Arrays;
import java.util.OptionalDouble;

/**
 * How long a tiny commit takes on this server when we leave it alone.
 *
 * <p>A low quantile of the latest readings, so that neither a slow nor a fast outlier decides.
 * Which readings count is what matters: a run at full speed slows every commit, and a plain sliding
 * window would soon hold nothing else and call that normal. So a slower reading counts only when we
 * rest at least as long as we work; a faster one always does, since no load of ours made it fast.
 */
final class CommitBaseline {
  private static final int REMEMBERED = 120;
  private static final double QUANTILE = 0.2;
  private static final double SLOW = 2;
  private static final double CALM = 1.5;
  // Twice next to nothing is still nothing.
  private static final double SLACK_MILLIS = 1;

  private final double[] readings = new double[REMEMBERED];
  private int count;
  private int next;

  /** Learns from one reading; tells whether it shows pressure, by what was known before. */
  Pressure judge(double millis, boolean resting) {
    OptionalDouble baseline = millis();
    if (resting || baseline.isEmpty() || millis < baseline.getAsDouble()) {
      readings[next] = millis;
      next = (next + 1) % REMEMBERED;
      count = Math.min(REMEMBERED, count + 1);
    }
    double normal = baseline.orElse(millis);
    if (millis > Math.max(SLOW * normal, normal + SLACK_MILLIS)) {
      return Pressure.HIGH;
    }
    return millis > Math.max(CALM * normal, normal + SLACK_MILLIS / 2)
        ? Pressure.MIDDLING
        : Pressure.LOW;
  }

  OptionalDouble millis() {
    if (count == 0) {
      return OptionalDouble.empty();
    }
    double[] sorted = Arrays.copyOf(readings, count);
    Arrays.sort(sorted);
    return OptionalDouble.of(sorted[(int) (QUANTILE * (count - 1))]);
  }
}
