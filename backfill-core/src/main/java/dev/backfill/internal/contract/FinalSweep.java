package dev.backfill.internal.contract;

import dev.backfill.internal.contract.NullProof.BlockRange;
import dev.backfill.internal.postgres.ShortReads;
import dev.backfill.internal.postgres.TableTree;
import dev.backfill.internal.postgres.Target;
import dev.backfill.internal.time.Ticker;
import dev.backfill.model.BackfillException;
import dev.backfill.model.NullsRemainException;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/**
 * Fills what is left and proves that nothing is: rows whose key was moved behind the cursor, rows
 * of a partition that was attached late, rows that the application wrote without a value.
 */
public final class FinalSweep {
  private static final int ROUNDS = 5;

  private final Ticker ticker;

  public FinalSweep(Ticker ticker) {
    this.ticker = ticker;
  }

  /**
   * Fills what a few readings find; for a column that stays nullable, to which NULLs may be written
   * for ever. The next reading is for rows that moved while the one before looked elsewhere.
   *
   * @return how many rows it filled
   */
  public long someRounds(
      Connection connection, Target target, Sweeper sweeper, ShortReads.BeforeChunk beforeChunk)
      throws SQLException, InterruptedException {
    ShortReads reads =
        new ShortReads(connection, target.spec().options().timeouts(), ticker, beforeChunk);
    long filled = 0;
    for (int round = 1; round <= ROUNDS; round++) {
      long now = fill(reads, target, find(reads, target), sweeper);
      filled += now;
      if (now == 0) {
        break;
      }
    }
    return filled;
  }

  /**
   * Sweeps until a whole reading of the table finds no row without a value.
   *
   * @throws NullsRemainException at once for rows that the run does not fill, after some rounds for
   *     others; nothing but values was changed
   */
  void untilNoneLeft(ShortReads reads, Target target, Sweeper sweeper)
      throws SQLException, InterruptedException {
    long filled = 0;
    List<Found> before = List.of();
    for (int round = 1; ; round++) {
      sweeper.requireFillable();
      List<Found> found = find(reads, target);
      if (found.isEmpty()) {
        return;
      }
      if (found.stream().anyMatch(some -> some.outside() > 0)) {
        throw Refusal.OUTSIDE_WHERE.of(target, found, new Chunks(reads, ticker));
      }
      // Rows that stand elsewhere now were moved by the application between finding and filling.
      if (filled == 0 && found.equals(before)) {
        throw Refusal.NOT_FILLED.of(target, found, new Chunks(reads, ticker));
      }
      if (round == ROUNDS) {
        throw Refusal.STILL_WRITTEN.of(target, found, new Chunks(reads, ticker));
      }
      filled = fill(reads, target, found, sweeper);
      before = found;
    }
  }

  private List<Found> find(ShortReads reads, Target target)
      throws SQLException, InterruptedException {
    List<Found> found = new ArrayList<>();
    Chunks chunks = new Chunks(reads, ticker);
    for (BlockRange range : new NullProof(target, reads, ticker).rangesWithNulls()) {
      try {
        found.add(count(target, range, chunks));
      } catch (SQLException e) {
        if (!TableTree.isGone(reads, target, range.leaf(), e)) {
          throw e;
        }
      }
    }
    found.removeIf(some -> some.fillable() + some.outside() == 0);
    return found;
  }

  private static Found count(Target target, BlockRange range, Chunks chunks)
      throws SQLException, InterruptedException {
    long fillable = 0;
    long outside = 0;
    String sql = new NullSql(target, range.leaf()).counts();
    for (Found part : chunks.read(range, sql, row -> counts(range, row))) {
      fillable += part.fillable();
      outside += part.outside();
    }
    return new Found(range, fillable, outside);
  }

  private static Found counts(BlockRange range, ResultSet row) throws SQLException {
    row.next();
    return new Found(range, row.getLong(1), row.getLong(2));
  }

  private static long fill(ShortReads reads, Target target, List<Found> found, Sweeper sweeper)
      throws SQLException, InterruptedException {
    long filled = 0;
    for (Found some : found) {
      if (some.fillable() > 0) {
        try {
          filled += sweeper.sweep(some.range());
        } catch (SQLException | BackfillException e) {
          if (!TableTree.isGone(reads, target, some.range().leaf(), e)) {
            throw e;
          }
        }
      }
    }
    return filled;
  }
}
