package dev.backfill.internal.verify;

import dev.backfill.internal.checkpoint.VerificationRow.Compared;
import dev.backfill.internal.postgres.ShortReads;
import dev.backfill.internal.postgres.Target;
import dev.backfill.internal.time.Ticker;
import dev.backfill.model.ColumnValue;
import dev.backfill.model.DifferentRow;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** Compares what rows hold with what their definition yields. */
interface Comparison {

  /** How many blocks it takes at first, when nothing is known of the time that they take. */
  long firstBlocks();

  /** The most blocks that it takes at a time. */
  long mostBlocks();

  /**
   * Does what needs no transaction of the checkpoint's: a Java function reads and computes.
   *
   * @return empty when somebody was in the way
   */
  Optional<Chunk> prepare(ShortReads reads, Blocks blocks) throws SQLException;

  /** What some rows came to. */
  record Outcome(Compared compared, List<DifferentRow> different) {}

  /** Rows that are ready to be compared. */
  interface Chunk {
    /**
     * @param keys how many of the rows that differ are wanted by key
     * @throws SQLException also when the value of some row cannot be computed
     */
    Outcome compare(Connection tx, int keys) throws SQLException;

    /** The same row by row: one whose value cannot be computed is counted as different. */
    Outcome compareSingly(Connection tx, int keys) throws SQLException;

    /** How long this process computed for them, between two statements. */
    default Duration computing() {
      return Duration.ZERO;
    }
  }

  static Comparison of(Target target, StoredType type, Ticker ticker) {
    return target.spec().value() instanceof ColumnValue.Computed computed
        ? new ComputedComparison(target, type, computed, ticker)
        : new SqlComparison(target, type);
  }
}
