package dev.backfill.event;

import dev.backfill.model.BackfillResult;
import dev.backfill.model.Phase;
import java.time.Duration;

/** Something that happened in a run. */
public sealed interface BackfillEvent {
  /** The name of the run. */
  String run();

  /** This process became the owner of the run, new or resumed. */
  record RunStarted(String run, long epoch, boolean resumed) implements BackfillEvent {}

  /** The run entered a phase. */
  record PhaseChanged(String run, Phase phase) implements BackfillEvent {}

  /** A statement with a strong lock is about to be tried, or was done. */
  record DdlExecuted(String run, String sql, Duration took) implements BackfillEvent {}

  /** A DDL statement is held back because of the named holders of conflicting locks. */
  record DdlWaiting(String run, String sql, String holders) implements BackfillEvent {}

  /** A worker claimed a window of keys. */
  record WindowClaimed(String run, long window, String table, int stripes)
      implements BackfillEvent {}

  /** A worker filled its window to the end. */
  record WindowCompleted(String run, long window, long rows, double hotShare)
      implements BackfillEvent {}

  /** A batch was committed; serverTime is that of its statements, waiting between them excluded. */
  record BatchCommitted(
      String run, long window, int stripe, long rows, long hotRows, Duration serverTime)
      implements BackfillEvent {}

  /** A batch was rolled back and will be tried again. */
  record BatchRetried(String run, long window, String sqlState, String message, Duration pause)
      implements BackfillEvent {}

  /** Updates are less often in place than predicted; says what was done about it. */
  record HotShareLow(String run, long window, double hotShare, String reaction)
      implements BackfillEvent {}

  /** The run is paused by request. */
  record RunPaused(String run) implements BackfillEvent {}

  /** The run goes on after a pause. */
  record RunResumed(String run) implements BackfillEvent {}

  /** The run ended without an error: done, stopped or waiting for approval. */
  record RunEnded(String run, BackfillResult result) implements BackfillEvent {}

  /** The run ended by an error. */
  record RunFailed(String run, Throwable error) implements BackfillEvent {}
}
