package dev.backfill.examples.benchmark;

import java.sql.SQLException;

/** A contender that fills the column in the background. */
interface Work {

  /** Whether every row is filled; fails when the contender has failed. */
  boolean isDone();

  /** Ends it where it is and returns when it has ended. */
  void stop() throws SQLException, InterruptedException;
}
