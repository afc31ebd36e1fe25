package dev.backfill;

import dev.backfill.throttle.Throttle;
import dev.backfill.throttle.Throttling;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;

/** What a definition holds back for, as it is put together. */
final class ThrottlingOptions {
  private final List<Throttle> throttles = new ArrayList<>(Throttling.defaults().throttles());
  private boolean added;
  private boolean off;
  private OptionalLong cores = OptionalLong.empty();
  private OptionalLong walBytesPerSecond = OptionalLong.empty();

  void add(Throttle... more) {
    added = true;
    for (Throttle throttle : more) {
      throttles.removeIf(t -> t.name().equals(throttle.name()));
      throttles.add(throttle);
    }
  }

  void off() {
    off = true;
  }

  void serverCores(int count) {
    if (count < 1) {
      throw new IllegalArgumentException("serverCores: must be at least 1, was " + count);
    }
    cores = OptionalLong.of(count);
  }

  void maxWalBytesPerSecond(long bytes) {
    if (bytes < 1024) {
      throw new IllegalArgumentException(
          "maxWalBytesPerSecond: must be at least 1024, was " + bytes);
    }
    walBytesPerSecond = OptionalLong.of(bytes);
  }

  Throttling build() {
    if (off && added) {
      throw new IllegalArgumentException(
          "unthrottled: contradicts throttle(...); leave one of them out");
    }
    return new Throttling(off ? List.of() : throttles, !off, cores, walBytesPerSecond);
  }
}
