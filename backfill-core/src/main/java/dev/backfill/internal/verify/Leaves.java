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
import org.jooq.Record;
import org.jspecify.annotations.Nullable;

/** The tables that hold the rows. */
final class Leaves {
  private static final String FILE =
      "(select c.relfilenode::bigint from pg_catalog.pg_class c where c.oid = t.oid)";

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

  /**
   * Asked after the rows were read, whose lock keeps name and file as they are until the commit.
   *
   * @throws RewrittenException when the rows stand in another file now, in other blocks
   */
  static void requireSame(Connection tx, Leaf leaf) {
    Record now =
        Jooq.on(tx)
            .fetchSingle(
                "select to_regclass(cast(? as text)) is not distinct from t.oid::regclass, "
                    + FILE
                    + " from (select cast(? as bigint)::oid as oid) t",
                leaf.sql(),
                leaf.oid());
    if (!now.get(0, Boolean.class)) {
      throw new RunMismatchException(
          "Table %s was dropped, replaced or renamed while its rows were compared. Nothing was changed. Verify again."
              .formatted(leaf.sql()));
    }
    requireFile(leaf, now.get(1, Long.class));
  }

  /**
   * How many blocks a leaf has now; none once it is dropped.
   *
   * @throws RewrittenException when they are those of another file
   */
  static long blocks(Connection tx, Leaf leaf) {
    long blocks = TableTree.blocks(tx, leaf);
    // Asked after them: a file that was given up does not come back.
    @Nullable Long file =
        Jooq.on(tx)
            .fetchSingle(
                "select " + FILE + " from (select cast(? as bigint)::oid as oid) t", leaf.oid())
            .get(0, Long.class);
    if (file != null) {
      requireFile(leaf, file);
    }
    return blocks;
  }

  private static void requireFile(Leaf leaf, long file) {
    if (file != leaf.file()) {
      throw new RewrittenException();
    }
  }
}
