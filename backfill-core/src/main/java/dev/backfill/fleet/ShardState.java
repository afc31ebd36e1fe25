package dev.backfill.fleet;

/** Where a shard of a fleet is. */
public enum ShardState {
  /** Its turn has not come. */
  WAITING,
  /** Its run is at work, paused or waiting; see its progress. */
  RUNNING,
  /** Stopped before its end; another start of the fleet goes on with it. */
  STOPPED,
  /** Every row is filled; the constraint waits for approval. */
  AWAITING_APPROVAL,
  /** Ended by an error; another start of the fleet goes on with it. */
  FAILED,
  /** Complete. */
  DONE
}
