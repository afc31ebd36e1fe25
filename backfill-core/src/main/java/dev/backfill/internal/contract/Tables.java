package dev.backfill.internal.contract;

import dev.backfill.internal.postgres.TableInfo.Leaf;
import dev.backfill.internal.postgres.TableTree;
import dev.backfill.internal.postgres.Target;
import dev.backfill.model.NullsRemainException;
import java.sql.Connection;
import java.util.List;
import java.util.Optional;

/** The tables of which the proof has to read every row. */
final class Tables {
  private Tables() {}

  /**
   * The tables that hold the rows.
   *
   * @throws NullsRemainException for a foreign table, of which nothing can be proven
   */
  static List<Leaf> holdingRows(Connection connection, Target target) {
    List<Leaf> leaves =
        TableTree.now(connection, target).stream().filter(table -> table.kind() != 'p').toList();
    Optional<Leaf> foreign = leaves.stream().filter(leaf -> leaf.kind() == 'f').findFirst();
    if (foreign.isPresent()) {
      throw new NullsRemainException(
          "Partition "
              + foreign.get().sql()
              + " of "
              + target.table().sql()
              + " is a foreign table: its rows cannot be proven to have a value in "
              + target.column()
              + ", so NOT NULL was not applied. Detach it (ALTER TABLE "
              + target.table().sql()
              + " DETACH PARTITION "
              + foreign.get().sql()
              + "), then start the run again.");
    }
    return leaves;
  }
}
