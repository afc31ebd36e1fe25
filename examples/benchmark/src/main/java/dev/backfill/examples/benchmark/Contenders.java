package dev.backfill.examples.benchmark;

import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.function.Function;

/** The ways to fill a column that may be asked for. */
final class Contenders {
  static final String PLPGSQL_STRIPES = "plpgsql-stripes";

  private static final Set<String> BY_DEFAULT =
      Set.of(
          SingleUpdate.NAME,
          "keyset-1000",
          "limit-loop",
          PLPGSQL_STRIPES,
          "library-1",
          "library-2");

  private Contenders() {}

  /** The single UPDATE first: the time limit of the others comes from it. */
  static List<Contender> all(Function<BenchTable, Duration> limit) {
    return List.of(
        new SingleUpdate(),
        new KeysetLoop(1_000),
        new KeysetLoop(10_000),
        new LimitLoop(limit),
        new SpringBatch(1_000, limit),
        new SpringBatch(10_000, limit),
        new JooqLoop(),
        PlpgsqlStripes.asTheLibrary(),
        PlpgsqlStripes.ofRanges(),
        Library.workers(1),
        Library.workers(2),
        Library.workers(4),
        Library.withoutStripes(1),
        Library.withoutStripes(2),
        Library.withoutStripes(4),
        Library.unthrottled());
  }

  static List<Contender> byDefault(List<Contender> all) {
    return all.stream().filter(c -> BY_DEFAULT.contains(c.name())).toList();
  }
}
