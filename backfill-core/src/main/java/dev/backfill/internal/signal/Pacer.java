package dev.backfill.internal.signal;

import java.time.Duration;
import java.util.OptionalDouble;

/**
 * Rest after each batch, for the application's sake, as a multiple of the batch's time.
 *
 * <ol>
 *   <li>The sessions of others fill the processors, or a tiny commit takes twice its normal time:
 *       half as much rest again.
 *   <li>Both are well below that: a tenth less.
 *   <li>Anything between, or a signal that can no longer be read: as before.
 *   <li>Nobody else at work in several readings: no rest.
 * </ol>
 *
 * <p>It is never fed with lag. One thread observes; any may read.
 */
final class Pacer {
  static final double MOST = 16;

  private static final double UP = 1.5;
  private static final double DOWN = 0.9;
  private static final double LEAST = 0.25;
  // Short statements are missed by most looks: one that finds nobody proves little.
  private static final int ALONE = 3;
  // From then on a signal that was lost counts as one that never was.
  private static final int GIVEN_UP = 120;

  private final CommitBaseline baseline = new CommitBaseline();
  private int emptyLooks;
  private int unreadCommits = GIVEN_UP;
  private int unreadSessions = GIVEN_UP;
  private volatile double ratio;

  void observed(LoadReading reading) {
    Pressure commit = commit(reading.commitMillis());
    emptyLooks = reading.activeOthers() == 0 ? emptyLooks + 1 : 0;
    unreadSessions = reading.activeOthers() < 0 ? Math.min(GIVEN_UP, unreadSessions + 1) : 0;
    Pressure sessions = sessions(reading);
    if (emptyLooks >= ALONE) {
      ratio = 0;
    } else if (sessions == Pressure.HIGH || commit == Pressure.HIGH) {
      ratio = Math.min(MOST, Math.max(LEAST, ratio * UP));
    } else if (sessions == Pressure.LOW && commit == Pressure.LOW) {
      ratio = ratio * DOWN < LEAST / 2 ? 0 : ratio * DOWN;
    }
  }

  /** How long to rest after a batch of this server time. */
  Duration restAfter(Duration batchTime) {
    return Duration.ofNanos((long) (batchTime.toNanos() * ratio));
  }

  /** Rest per work, from 0 to {@link #MOST}. */
  double ratio() {
    return ratio;
  }

  private Pressure sessions(LoadReading reading) {
    if (unreadSessions > 0 && unreadSessions < GIVEN_UP) {
      return Pressure.MIDDLING;
    }
    if (reading.cores() <= 0 || reading.activeOthers() < 0) {
      return Pressure.LOW;
    }
    if (reading.activeOthers() >= reading.cores()) {
      return Pressure.HIGH;
    }
    return 2 * reading.activeOthers() > reading.cores() ? Pressure.MIDDLING : Pressure.LOW;
  }

  private Pressure commit(OptionalDouble millis) {
    if (millis.isPresent()) {
      unreadCommits = 0;
      return baseline.judge(millis.getAsDouble(), ratio >= 1);
    }
    unreadCommits = Math.min(GIVEN_UP, unreadCommits + 1);
    return unreadCommits < GIVEN_UP ? Pressure.MIDDLING : Pressure.LOW;
  }
}
