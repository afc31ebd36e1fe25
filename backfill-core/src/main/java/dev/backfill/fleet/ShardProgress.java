package dev.backfill.fleet;

import dev.backfill.model.BackfillException;
import dev.backfill.model.Progress;
import java.util.Optional;

/**
 * A snapshot of one shard.
 *
 * @param run how far its run is; empty before its turn, and when it could not be reached
 * @param failure what ended it, when it failed
 */
public record ShardProgress(
    String shard, ShardState state, Optional<Progress> run, Optional<BackfillException> failure) {

  /** 0 to 1, by work. */
  double fraction() {
    return state == ShardState.DONE ? 1 : run.map(Progress::fraction).orElse(0.0);
  }
}
