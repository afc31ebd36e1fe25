package dev.backfill.internal.signal;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * How much WAL may be under way to one standby before the next batch starts: what the standby
 * drains within a fifth of the limit, at most a second, and until we hear of it.
 *
 * <ol>
 *   <li>d is what was replayed per second over the last second.
 *   <li>While WAL queued up through all of that second, the way was busy and d is what it carries:
 *       the drain rate follows, down faster than up. Otherwise d is only a lower bound.
 *   <li>Replay that stands still for that second is no rate: half of the one from before is kept.
 *   <li>The window is the drain rate times the time. It grows slowly unless the way is busy with
 *       what the window let through: one that is not busy may carry no more than it does, and a
 *       deeper queue that piled up while replay stood still is drained at the speed of the
 *       standby's disk, which says nothing of the link.
 * </ol>
 *
 * <p>One thread polls; any may read.
 */
final class WalWindow {
  static final long START = 1L << 20;
  static final long FLOOR = 256L << 10;
  static final long CEILING = 256L << 20;

  private static final Duration LONGEST_POLL = Duration.ofMillis(250);
  private static final Duration SHORTEST_POLL = Duration.ofMillis(50);
  private static final double SECOND = 1e9;
  private static final double FALLING = 0.5;
  private static final double RISING = 0.25;
  private static final double GROWTH = 1.06;
  private static final long LEAST_QUEUE = 64L << 10;

  private record Poll(long nanos, long insert, long replayed, double drainRate) {
    long inFlight() {
      return Math.max(0, insert - replayed);
    }
  }

  private final Deque<Poll> recent = new ArrayDeque<>();
  private long horizonNanos;
  private double seconds;
  private volatile double drainRate;
  private volatile long bytes = START;

  /** Is polled every {@link #pollFor} that limit. */
  WalWindow(Duration limit) {
    times(limit);
    this.drainRate = START / seconds;
  }

  /**
   * How often to poll: a twentieth of the limit, lest the wait for a poll be most of the window.
   */
  static Duration pollFor(Duration limit) {
    Duration twentieth = limit.dividedBy(20);
    Duration most = twentieth.compareTo(LONGEST_POLL) < 0 ? twentieth : LONGEST_POLL;
    return most.compareTo(SHORTEST_POLL) > 0 ? most : SHORTEST_POLL;
  }

  /** Takes another limit; the window follows at once. */
  synchronized void limit(Duration limit) {
    times(limit);
    bytes = clamp(drainRate * seconds);
  }

  /**
   * Learns from one poll. A position that is missing (zero or below) or goes back tells nothing of
   * the rate: what is known is kept, and measuring starts afresh.
   */
  synchronized void polled(long nanos, long insertLsn, long replayLsn) {
    Poll last = recent.peekLast();
    if (last != null && (replayLsn < last.replayed() || insertLsn < last.insert())) {
      recent.clear();
    }
    if (replayLsn <= 0) {
      return;
    }
    recent.addLast(new Poll(nanos, insertLsn, replayLsn, drainRate));
    while (nanos - recent.getFirst().nanos() > horizonNanos) {
      recent.removeFirst();
    }
    Poll first = recent.getFirst();
    boolean stands = replayLsn == first.replayed() && nanos - first.nanos() >= SECOND;
    if (stands && least() > LEAST_QUEUE) {
      // Replay stands still, which is no rate: half of what was known before it stopped is kept,
      // from
      // where it is back soon. With all of it twice as many simulated runs passed their limit.
      learned(Math.max(drainRate, first.drainRate() / 2));
    } else if (nanos > first.nanos()) {
      learn((replayLsn - first.replayed()) * SECOND / (nanos - first.nanos()));
    }
  }

  /** How much WAL may be under way. */
  long bytes() {
    return bytes;
  }

  /** Bytes a second that the standby is believed to replay. */
  double drainRate() {
    return drainRate;
  }

  private void learn(double measured) {
    double known = drainRate;
    boolean busy = least() > Math.max(bytes / 10, LEAST_QUEUE);
    double next =
        busy
            ? known + (measured < known ? FALLING : RISING) * (measured - known)
            : Math.max(known, measured);
    if (!busy || most() > 2 * bytes) {
      next = Math.min(next, Math.max(known, GROWTH * bytes / seconds));
    }
    learned(next);
  }

  private void learned(double rate) {
    drainRate = rate;
    bytes = clamp(rate * seconds);
  }

  private long least() {
    return recent.stream().mapToLong(Poll::inFlight).min().orElse(0);
  }

  private long most() {
    return recent.stream().mapToLong(Poll::inFlight).max().orElse(0);
  }

  private static long clamp(double bytes) {
    return (long) Math.max(FLOOR, Math.min(CEILING, bytes));
  }

  private void times(Duration limit) {
    Duration poll = pollFor(limit);
    // A second of polls, which come a little late.
    horizonNanos = Math.max((long) SECOND, poll.toNanos()) + poll.toNanos() / 2;
    seconds = (Math.min(SECOND, limit.toNanos() / 5.0) + poll.toNanos()) / SECOND;
  }
}
