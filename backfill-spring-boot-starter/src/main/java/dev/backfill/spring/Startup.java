package dev.backfill.spring;

/** What the application does with its backfills when it starts. */
public enum Startup {
  /** Runs them one after the other on a daemon thread; the start of the application never waits. */
  BACKGROUND,
  /** Runs them before the application is ready; for jobs, which end when their work is done. */
  BLOCKING,
  /** Logs the plan of each and changes nothing. */
  PLAN,
  /** Does nothing until {@link RegisteredBackfill#start()} is called. */
  MANUAL
}
