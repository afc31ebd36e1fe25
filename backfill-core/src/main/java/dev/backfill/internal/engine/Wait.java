package dev.backfill.internal.engine;

import java.time.Duration;
import java.util.Optional;

/** What a run waits for, in words with figures of the moment, and since when. */
final class Wait {
  private String what = "";
  private Optional<String> reason = Optional.empty();
  private long since;

  /** As long as it is the same that is waited for, it is one wait. */
  void begins(String waitsFor, String inWords, long now) {
    if (!waitsFor.equals(what)) {
      what = waitsFor;
      since = now;
    }
    reason = Optional.of(inWords);
  }

  void ends() {
    what = "";
    reason = Optional.empty();
  }

  /** Ends it if it is this that is waited for. */
  void ends(String waitedFor) {
    if (waitedFor.equals(what)) {
      ends();
    }
  }

  Optional<String> reason() {
    return reason;
  }

  Optional<Duration> lasted(long now) {
    return reason.map(r -> Duration.ofNanos(now - since));
  }
}
