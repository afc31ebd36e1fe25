package dev.backfill.model;

/** What a run is doing within its phase. */
public enum RunState {
  /** An owner holds the lease and works. */
  RUNNING,
  /** Paused by request; the lease is kept and no batch is started. */
  PAUSED,
  /** Ended cleanly before the end; the next start resumes it. */
  STOPPED,
  /** Every row is filled; the constraint waits for approval. */
  AWAITING_APPROVAL,
  /** Ended by an error; the next start resumes it. */
  FAILED,
  /** Complete. */
  DONE,
  /** Given up; what it had created is gone, and its next start begins anew. */
  ABANDONED
}
