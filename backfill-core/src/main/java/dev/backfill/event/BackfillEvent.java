package dev.backfill.event;

import dev.backfill.model.BackfillResult;
import dev.backfill.model.Phase;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

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

  /**
   * A table cannot be read or filled because the named holders have locked it as a whole. Told at
   * once, then once a minute. Not an error, however long it lasts.
   */
  record TableLocked(String run, String table, String holders) implements BackfillEvent {}

  /** A worker claimed a window of keys. */
  record WindowClaimed(String run, long window, String table, int stripes)
      implements BackfillEvent {}

  /** A worker filled its window to the end. */
  record WindowCompleted(String run, long window, long rows, double hotShare)
      implements BackfillEvent {}

  /**
   * A batch was committed.
   *
   * @param candidates rows that its range was expected to hold, filled before or not
   * @param rows rows that it filled
   * @param hotRows those of them that were updated on their page, with no index writes
   * @param walBytes WAL that the server wrote meanwhile, that of other sessions included
   * @param serverTime time of its statements; waiting between them excluded
   */
  record BatchCommitted(
      String run,
      long window,
      int stripe,
      long candidates,
      long rows,
      long hotRows,
      long walBytes,
      Duration serverTime)
      implements BackfillEvent {}

  /** A batch was rolled back and will be tried again. */
  record BatchRetried(String run, long window, String sqlState, String message, Duration pause)
      implements BackfillEvent {}

  /**
   * A row that cannot take its value was put into quarantine, and the run goes on behind it.
   *
   * @param table the table that holds it, a partition say
   * @param key its key's columns in PostgreSQL's text form
   * @param message without values of the row unless the definition asks for them
   * @param total how many rows of the run are in quarantine now
   */
  record RowQuarantined(
      String run, String table, List<String> key, String sqlState, String message, long total)
      implements BackfillEvent {
    public RowQuarantined {
      key = List.copyOf(key);
    }
  }

  /**
   * Rows have left the quarantine: this run has filled them, or the application has filled or
   * deleted them.
   *
   * @param filled how many of them this run has filled
   * @param total how many rows of the run are in quarantine still
   */
  record QuarantineRetried(String run, long released, long filled, long total)
      implements BackfillEvent {}

  /** Updates are less often in place than predicted; says what was done about it. */
  record HotShareLow(String run, long window, double hotShare, String reaction)
      implements BackfillEvent {}

  /**
   * A signal has reached its limit: no batch starts until it is released. Not an error, however
   * long it lasts.
   *
   * @param signal its name, {@code replication-lag} say
   * @param value in the unit; NaN where it could not be read
   * @param unit empty for a plain number
   * @param detail whose value it is, or what is known of the cause
   */
  record Throttled(
      String run, String signal, double value, double limit, String unit, String detail)
      implements BackfillEvent {}

  /** Nothing holds the run back any more. */
  record ThrottleReleased(String run, String signal, Duration lasted) implements BackfillEvent {}

  /**
   * A batch was cancelled because others had waited for it too long; it is tried again, smaller.
   */
  record BatchCancelled(String run, int waitingSessions) implements BackfillEvent {}

  /**
   * The dead rows of the run have reached the bound that was asked for, and batches of the table
   * wait for its vacuum.
   *
   * @param deadRows rows of the run that moved since the last one, about
   * @param by autovacuum, or this run
   */
  record VacuumAwaited(String run, String table, long deadRows, String by)
      implements BackfillEvent {}

  /** A table that was waited for was vacuumed, and the run goes on. */
  record Vacuumed(String run, String table, String by, Duration took) implements BackfillEvent {}

  /**
   * A table is not vacuumed although its dead rows have reached the bound; the run goes on.
   *
   * @param reason what keeps the dead rows alive, or what the server says
   */
  record VacuumSkipped(String run, String table, long deadRows, String reason)
      implements BackfillEvent {}

  /** Another process owns the run; this one waits for it to end or for its lease to expire. */
  record WaitingForOwner(String run, String owner) implements BackfillEvent {}

  /**
   * The server gives out no connection that may write, or has run out of something, disk say. The
   * run tries again, and goes on by itself.
   *
   * @param sqlState of the last answer; empty when there was none
   */
  record ServerLost(String run, Optional<String> sqlState, String message)
      implements BackfillEvent {}

  /** The server is back, or has again what it had run out of. */
  record ServerBack(String run, Duration lasted) implements BackfillEvent {}

  /** The run is paused by request. */
  record RunPaused(String run) implements BackfillEvent {}

  /** The run goes on after a pause. */
  record RunResumed(String run) implements BackfillEvent {}

  /**
   * The final sweep filled rows that had moved behind the cursor or were written without a value.
   */
  record RowsSwept(String run, String table, long rows) implements BackfillEvent {}

  /**
   * The run was given up by an operator.
   *
   * @param detail what was dropped, and what was kept and why
   */
  record RunAbandoned(String run, String detail) implements BackfillEvent {}

  /** The run ended without an error: done, stopped, abandoned or waiting for approval. */
  record RunEnded(String run, BackfillResult result) implements BackfillEvent {}

  /** The run ended by an error. */
  record RunFailed(String run, Throwable error) implements BackfillEvent {}
}
