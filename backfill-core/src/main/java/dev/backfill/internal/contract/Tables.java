package dev.backfill.internal.contract;

import dev.backfill.internal.postgres.Catalog;
import dev.backfill.internal.postgres.Jooq;
import dev.backfill.internal.postgres.ShortReads;
import dev.backfill.internal.postgres.SqlStates;
import dev.backfill.internal.postgres.TableInfo;
import dev.backfill.internal.postgres.TableInfo.Leaf;
import dev.backfill.internal.postgres.Target;
import dev.backfill.model.NullsRemainException;
import dev.backfill.model.RunMismatchException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;

/**
 * The tables of the target as they are now: partitions come and go while a run goes on for days.
 */
final class Tables {
  private Tables() {}

  /**
   * Every table of the partition tree, root first; just the table when it is not partitioned.
   *
   * @throws RunMismatchException when the table itself is gone or has another name: statements that
   *     name it would reach another table
   */
  static List<Leaf> all(Connection connection, Target target) {
    TableInfo table = target.table();
    List<Leaf> tables =
        new Catalog(Jooq.on(connection))
            .tables(new Catalog.Relation(table.oid(), table.schema(), table.name(), table.kind()));
    if (tables.isEmpty() || !tables.get(0).sql().equals(table.sql())) {
      throw new RunMismatchException(
          "Table "
              + table.sql()
              + " was dropped, replaced or renamed while its backfill was under way"
              + (tables.isEmpty() ? "" : "; it is " + tables.get(0).sql() + " now")
              + ". Nothing was changed. Start a new run for the table that is there now.");
    }
    return tables;
  }

  /**
   * The tables that hold the rows.
   *
   * @throws NullsRemainException for a foreign table, of which nothing can be proven
   */
  static List<Leaf> holdingRows(Connection connection, Target target) {
    List<Leaf> leaves =
        all(connection, target).stream().filter(table -> table.kind() != 'p').toList();
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

  /** Whether a statement failed because the leaf was dropped, or is no partition any more. */
  static boolean isGone(ShortReads reads, Target target, Leaf leaf, Exception failure)
      throws SQLException, InterruptedException {
    return SqlStates.UNDEFINED_TABLE.equals(SqlStates.state(failure))
        && reads.read(tx -> all(tx, target)).stream()
            .noneMatch(table -> table.sql().equals(leaf.sql()));
  }
}
