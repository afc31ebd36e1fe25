package dev.backfill.internal.postgres;

import dev.backfill.internal.postgres.TableInfo.Leaf;
import dev.backfill.model.RunMismatchException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;

/**
 * The tables of the target as they are now: partitions come and go while a run goes on for days.
 */
public final class TableTree {
  private TableTree() {}

  /**
   * Every table of the partition tree, root first; just the table when it is not partitioned.
   *
   * @throws RunMismatchException when the table itself is gone or has another name: statements that
   *     name it would reach another table
   */
  public static List<Leaf> now(Connection connection, Target target) {
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

  /** Whether a statement failed because the leaf was dropped, or is no partition any more. */
  public static boolean isGone(ShortReads reads, Target target, Leaf leaf, Exception failure)
      throws SQLException, InterruptedException {
    return SqlStates.UNDEFINED_TABLE.equals(SqlStates.state(failure))
        && reads.read(tx -> now(tx, target)).stream()
            .noneMatch(table -> table.sql().equals(leaf.sql()));
  }

  /** How many blocks a leaf has now; none once it is dropped. */
  public static long blocks(Connection connection, Leaf leaf) {
    return Jooq.on(connection)
        .fetchSingle(
            "select coalesce(pg_catalog.pg_relation_size(cast(? as bigint)::oid::regclass), 0)"
                + " / current_setting('block_size')::bigint",
            leaf.oid())
        .get(0, Long.class);
  }
}
