package dev.backfill.throttle;

import java.util.HashSet;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;

/**
 * All that slows a run down, as the engine reads it.
 *
 * @param throttles gates, each with another name
 * @param pacing whether batches are followed by rests while others use the server
 * @param cores processors of the server, empty when not told
 * @param walBytesPerSecond cap over all workers, empty for none
 */
public record Throttling(
    List<Throttle> throttles, boolean pacing, OptionalLong cores, OptionalLong walBytesPerSecond) {
  private static final Set<String> SETTINGS =
      Set.of("rows-per-second", "wal-bytes-per-second", "workers");

  public Throttling {
    throttles = List.copyOf(throttles);
    Set<String> names = new HashSet<>();
    for (Throttle throttle : throttles) {
      if (throttle.name().isBlank()) {
        throw new IllegalArgumentException("throttle: a signal has a blank name");
      }
      if (SETTINGS.contains(throttle.name())) {
        throw new IllegalArgumentException(
            "throttle: the name " + throttle.name() + " is that of another setting of a run");
      }
      if (!names.add(throttle.name())) {
        throw new IllegalArgumentException("throttle: " + throttle.name() + " is given twice");
      }
      Positive.require("throttle " + throttle.name(), throttle.limit());
      if (throttle instanceof Signal signal
          && !(signal.release() >= 0 && signal.release() <= signal.limit())) {
        throw new IllegalArgumentException(
            "throttle "
                + signal.name()
                + ": the release must be between 0 and the limit "
                + signal.limit()
                + ", was "
                + signal.release());
      }
    }
  }

  /** What a user gets who asks for nothing: a polite guest. */
  public static Throttling defaults() {
    return new Throttling(Throttles.defaults(), true, OptionalLong.empty(), OptionalLong.empty());
  }

  /** Nothing is read and nothing waited for. */
  public static Throttling none() {
    return new Throttling(List.of(), false, OptionalLong.empty(), OptionalLong.empty());
  }
}
