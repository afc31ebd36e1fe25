package dev.backfill.throttle;

/** What a run does while standbys lag over the limit although it writes nothing itself. */
public enum NotOurs {
  /** Waits until they have caught up. */
  WAIT,
  /** Goes on with one smallest batch a second. */
  TRICKLE,
  /** Ends with an error that says so; the run can be resumed. */
  FAIL
}
