package dev.backfill.fleet;

import dev.backfill.model.BackfillException;
import dev.backfill.model.BackfillResult;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What became of the shards of a fleet, each by its name, in the order in which they were added.
 *
 * @param states every shard
 * @param results the shards whose run came to an end: DONE, STOPPED or AWAITING_APPROVAL
 * @param failures the shards that failed, with what to do about each
 */
public record FleetResult(
    Map<String, ShardState> states,
    Map<String, BackfillResult> results,
    Map<String, BackfillException> failures) {
  public FleetResult {
    states = Collections.unmodifiableMap(new LinkedHashMap<>(states));
    results = Collections.unmodifiableMap(new LinkedHashMap<>(results));
    failures = Collections.unmodifiableMap(new LinkedHashMap<>(failures));
  }

  /** Whether every shard is complete. */
  public boolean complete() {
    return states.values().stream().allMatch(ShardState.DONE::equals);
  }
}
