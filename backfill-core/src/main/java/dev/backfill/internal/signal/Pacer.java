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
 *   <li>Somebody else at work: so much at least that our share of the processors stays small. The
 *       slowest hundredth of the application's statements are those that meet a batch, whatever the
 *       average is.
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
  // Short statements are missed by most looks: one that finds nobody proves little, and their
  // transactions are counted as well. The pulse of a monitoring agent is no application.
  private static final int ALONE = 3;
  private static final double PULSE = 25;
  // Of the processors, beside others.
  private static final double SHARE = 0.03;
  // From then on a signal that was lost counts as one that never was.
  private static final int GIVEN_UP = 120;

  private final CommitBaseline baseline = new CommitBaseline();
  private int emptyLooks;
  private int seenInARow;
  private int looksSinceSeen = ALONE;
  private int unreadCommits = GIVEN_UP;
  private int unreadSessions = GIVEN_UP;
  private volatile double ratio;

  void observed(LoadReading reading) {
    Pressure commit = commit(reading.commitMillis());
    boolean seen = reading.activeOthers() > 0 || reading.transactions() > PULSE;
    // One look alone may have met a vacuum or a deploy.
    seenInARow = seen ? seenInARow + 1 : 0;
    looksSinceSeen = seenInARow > 1 ? 0 : looksSinceSeen + 1;
    emptyLooks = seen || reading.activeOthers() < 0 ? 0 : emptyLooks + 1;
    unreadSessions = reading.activeOthers() < 0 ? Math.min(GIVEN_UP, unreadSessions + 1) : 0;
    Pressure sessions = sessions(reading);
    if (emptyLooks >= ALONE) {
      ratio = 0;
    } else if (sessions == Pressure.HIGH || commit == Pressure.HIGH) {
      ratio = Math.min(MOST, Math.max(LEAST, ratio * UP));
    } else if (sessions == Pressure.LOW && commit == Pressure.LOW) {
      ratio = ratio * DOWN < LEAST / 2 ? 0 : ratio * DOWN;
    }
    if (looksSinceSeen < ALONE) {
      ratio = Math.max(ratio, beside(reading));
    }
  }

  /** The rest at which our batches take no more than our share of the processors. */
  private static double beside(LoadReading reading) {
    if (reading.cores() <= 0) {
      return 0;
    }
    return Math.min(MOST, Math.max(0, reading.workers() / (SHARE * reading.cores()) - 1));
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
