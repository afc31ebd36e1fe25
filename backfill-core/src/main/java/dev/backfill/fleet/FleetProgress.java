package dev.backfill.fleet;

import java.util.List;

/**
 * A snapshot of a fleet.
 *
 * @param shards each shard, in the order in which they were added
 * @param rowsFilled rows filled by all of them, earlier starts included
 * @param fraction estimated share of the work that is done, 0 to 1; each shard counts the same,
 *     since nobody knows the size of those whose turn has not come
 */
public record FleetProgress(List<ShardProgress> shards, long rowsFilled, double fraction) {
  public FleetProgress {
    shards = List.copyOf(shards);
  }

  static FleetProgress of(List<ShardProgress> shards) {
    return new FleetProgress(
        shards,
        shards.stream().flatMap(s -> s.run().stream()).mapToLong(r -> r.rowsFilled()).sum(),
        shards.stream().mapToDouble(ShardProgress::fraction).average().orElse(0));
  }

  /** How many shards are in a state. */
  public long count(ShardState state) {
    return shards.stream().filter(s -> s.state() == state).count();
  }
}
