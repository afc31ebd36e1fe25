package dev.backfill.internal.signal;

import java.time.Duration;
import java.util.Optional;

/** One standby as the run has come to know it. */
final class Standby {
  final String name;
  final WalWindow window;
  private boolean streamed;
  private boolean streaming;
  private long replayed;
  private long seenAt;
  private Optional<String> conflict = Optional.empty();
  private final long joinedAt;

  Standby(String name, Duration limit, long now) {
    this.name = name;
    this.window = new WalWindow(limit);
    this.joinedAt = now;
    this.seenAt = now;
  }

  /** Streams, and has replayed up to a position. */
  void streams(long now, long inserted, long replayedNow) {
    seenAt = now;
    streamed = true;
    streaming = true;
    replayed = replayedNow;
    window.polled(now, inserted, replayedNow);
  }

  /** Waits with its replay until somebody's query there has ended, or no longer. */
  void waitsFor(Optional<String> query) {
    conflict = query;
  }

  Optional<String> conflict() {
    return conflict;
  }

  /** Reads what was written before. */
  void catchesUp(long now, long replayedNow) {
    seenAt = now;
    streaming = false;
    replayed = Math.max(replayed, replayedNow);
  }

  boolean seen(long now) {
    return seenAt == now;
  }

  long goneForNanos(long now) {
    return now - seenAt;
  }

  /** Never yet up to date: it can only read what is not written meanwhile. */
  boolean joining() {
    return !streamed;
  }

  long joiningForNanos(long now) {
    return now - joinedAt;
  }

  boolean streaming() {
    return streaming;
  }

  long replayed() {
    return replayed;
  }
}
