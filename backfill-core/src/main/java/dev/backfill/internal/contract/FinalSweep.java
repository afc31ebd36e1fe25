package dev.backfill.internal.contract;

import dev.backfill.internal.contract.NullProof.BeforeChunk;
import dev.backfill.internal.contract.NullProof.BlockRange;
import dev.backfill.internal.postgres.Catalog;
import dev.backfill.internal.postgres.Jooq;
import dev.backfill.internal.postgres.TableInfo;
import dev.backfill.internal.postgres.TableInfo.Leaf;
import dev.backfill.internal.postgres.Target;
import dev.backfill.internal.time.Ticker;
import dev.backfill.model.NullsRemainException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/**
 * Fills what is left and proves that nothing is: rows whose key was moved behind the cursor, rows
 * of a partition that was attached late, rows that the application wrote without a value.
 */
public final class FinalSweep {
  private static final int ROUNDS = 5;
  private static final int EXAMPLES = 5;

  private final NullProof proof;

  public FinalSweep(Ticker ticker) {
    this.proof = new NullProof(ticker);
  }

  /**
   * Sweeps until a whole reading of the table finds no row of the definition without a value.
   *
   * @param everyRow whether rows outside the definition's condition must have a value too
   * @throws NullsRemainException when rows remain after several rounds; nothing but values was
   *     changed
   */
  public void untilNoneLeft(
      Connection connection,
      Target target,
      boolean everyRow,
      Sweeper sweeper,
      BeforeChunk beforeChunk)
      throws SQLException, InterruptedException {
    boolean outsideWhere = everyRow && target.spec().where().isPresent();
    for (int round = 1; ; round++) {
      List<Leaf> leaves = leaves(connection, target);
      List<BlockRange> ranges =
          proof.rangesWithNulls(connection, target, leaves, !outsideWhere, beforeChunk);
      if (ranges.isEmpty()) {
        return;
      }
      long filled = 0;
      for (BlockRange range : ranges) {
        filled += sweeper.sweep(range);
      }
      // A round that fills nothing will not do so the next time either, but a row may have moved
      // between the reading and the sweep: one more reading tells.
      if (round == ROUNDS || (filled == 0 && round > 1)) {
        throw remaining(connection, target, ranges, filled);
      }
    }
  }

  /** One reading, whose finds are filled; for a column that stays nullable. */
  public void once(Connection connection, Target target, Sweeper sweeper, BeforeChunk beforeChunk)
      throws SQLException, InterruptedException {
    List<Leaf> leaves = leaves(connection, target);
    for (BlockRange range : proof.rangesWithNulls(connection, target, leaves, true, beforeChunk)) {
      sweeper.sweep(range);
    }
  }

  private static List<Leaf> leaves(Connection connection, Target target) {
    TableInfo table = target.table();
    return new Catalog(Jooq.on(connection))
            .tables(new Catalog.Relation(table.oid(), table.schema(), table.name(), table.kind()))
            .stream()
            .filter(t -> t.kind() != 'p')
            .peek(FinalSweep::refuseForeign)
            .toList();
  }

  private static void refuseForeign(Leaf leaf) {
    if (leaf.kind() == 'f') {
      throw new NullsRemainException(
          "Partition "
              + leaf.sql()
              + " is a foreign table: its rows cannot be proven to have a value, so NOT NULL was not"
              + " applied. Detach it, then start the run again.");
    }
  }

  private static NullsRemainException remaining(
      Connection connection, Target target, List<BlockRange> ranges, long filledLast)
      throws SQLException {
    List<String> keys = new ArrayList<>();
    for (BlockRange range : ranges) {
      if (keys.size() < EXAMPLES) {
        keys.addAll(NullProof.examples(connection, target, range, EXAMPLES - keys.size()));
      }
    }
    String why =
        filledLast > 0
            ? "the application goes on writing rows without a value. Deploy the code that writes it, or"
                + " let new rows be covered by a default or trigger"
            : target.spec().where().isPresent()
                ? "they are outside of where(...), which the run does not fill. Fill them by another run"
                    + " or by hand, or use contract(none())"
                : "the value came out NULL for them, or they were written without one just now. Mend the"
                    + " rows or the value";
    return new NullsRemainException(
        "Rows of "
            + target.table().sql()
            + " have no value in "
            + target.column()
            + ", for example with key "
            + String.join(" | ", keys)
            + ". NOT NULL was not applied. Most likely "
            + why
            + ", then start the run again: it begins with this proof.");
  }
}
