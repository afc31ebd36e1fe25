package dev.backfill.internal.verify;

import dev.backfill.internal.postgres.Jooq;
import dev.backfill.internal.postgres.TableInfo.Leaf;
import dev.backfill.internal.postgres.TableTree;
import dev.backfill.internal.postgres.Target;
import dev.backfill.model.RunFailedException;
import dev.backfill.model.RunMismatchException;
import java.sql.Connection;
import java.util.List;
import java.util.Optional;

/** The tables that hold the rows. */
final class Leaves {
  private Leaves() {}

  /**
   * @throws RunFailedException for a foreign table, which has no places to read by
   */
  static List<Leaf> now(Connection connection, Target target) {
    List<Leaf> leaves =
        TableTree.now(connection, target).stream().filter(table -> table.kind() != 'p').toList();
    Optional<Leaf> foreign = leaves.stream().filter(leaf -> leaf.kind() == 'f').findFirst();
    if (foreign.isPresent()) {
      throw new RunFailedException(
          "Partition %s of %s is a foreign table, whose rows cannot be compared. Detach it, then verify again: what is compared stays compared."
              .formatted(foreign.get().sql(), target.table().sql()));
    }
    return leaves;
  }

  /** Asked after the rows were read, whose lock keeps the name where it is until the commit. */
  static void requireSame(Connection tx, Leaf leaf) {
    boolean same =
        Jooq.on(tx)
            .fetchSingle(
                "select to_regclass(cast(? as text)) is not distinct from cast(? as bigint)::oid::regclass",
                leaf.sql(),
                leaf.oid())
            .get(0, Boolean.class);
    if (!same) {
      throw new RunMismatchException(
          "Table %s was dropped, replaced or renamed while its rows were compared. Nothing was changed. Verify again."
              .formatted(leaf.sql()));
    }
  }
}
