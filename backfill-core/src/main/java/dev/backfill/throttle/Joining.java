package dev.backfill.throttle;

/** What a run does while a standby that joined is catching up: it can read what we do not write. */
public enum Joining {
  /** Batches wait until it streams, or until the deadline. */
  WAIT,
  /** Batches rest as long as they work, so that it gains on us. */
  HALF_PACE
}
