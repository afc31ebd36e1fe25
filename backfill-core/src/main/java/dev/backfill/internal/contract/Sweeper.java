package dev.backfill.internal.contract;

import java.sql.SQLException;

/** Fills the rows of a range of blocks that have no value yet. */
@FunctionalInterface
public interface Sweeper {
  /** Returns how many rows it filled. */
  long sweep(NullProof.BlockRange range) throws SQLException, InterruptedException;

  /**
   * Is asked before each reading of the table, so that none is made in vain.
   *
   * @throws dev.backfill.model.NullsRemainException when rows are known that cannot be filled
   */
  default void requireFillable() throws SQLException, InterruptedException {}
}
