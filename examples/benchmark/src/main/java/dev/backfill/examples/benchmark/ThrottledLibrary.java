package dev.backfill.examples.benchmark;

import dev.backfill.BackfillBuilder;
import dev.backfill.throttle.Throttles;
import java.time.Duration;
import java.util.List;

/** The library under its throttles. */
final class ThrottledLibrary {
  static final String DEFAULTS = "library-defaults";

  private ThrottledLibrary() {}

  static Contender defaults() {
    return new Library(DEFAULTS, builder -> builder);
  }

  static List<Contender> defaultsAndFullSpeed() {
    return List.of(defaults(), new Library("library-full-speed", BackfillBuilder::unthrottled));
  }

  static Contender lagLimit(Duration limit) {
    return new Library("library", builder -> builder.throttle(Throttles.replicationLag(limit)));
  }
}
