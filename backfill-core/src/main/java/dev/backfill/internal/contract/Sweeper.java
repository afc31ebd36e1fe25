package dev.backfill.internal.contract;

import java.sql.SQLException;

/** Fills the rows of a range of blocks that have no value yet. */
@FunctionalInterface
public interface Sweeper {
  /** Returns how many rows it filled. */
  long sweep(NullProof.BlockRange range) throws SQLException, InterruptedException;
}
