package dev.backfill.internal.batch;

import dev.backfill.internal.postgres.Refusal;
import dev.backfill.internal.postgres.TableInfo.Leaf;
import dev.backfill.model.RunMismatchException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;

/**
 * Refuses a batch that has reached another table than its leaf: statements find a table by its
 * name, and somebody may have given the name to a new table. Asked after the update, whose lock
 * keeps the name where it is until the commit.
 */
final class SameTable {
  private static final Refusal OTHER = new Refusal("backfill: not the table of this run:");

  private SameTable() {}

  /** One SELECT; its parameter is the leaf's name. */
  static String sql(Leaf leaf) {
    return "select case when to_regclass(cast(? as text)) is distinct from %d::oid::regclass then %s end"
        .formatted(leaf.oid(), OTHER.sql("clock_timestamp()"));
  }

  /** The same as a statement of its own. */
  static void require(Connection tx, Leaf leaf) throws SQLException {
    try (PreparedStatement statement = tx.prepareStatement(sql(leaf))) {
      statement.setString(1, leaf.sql());
      statement.execute();
    } catch (SQLException e) {
      if (caused(e)) {
        throw refused(leaf, e);
      }
      throw e;
    }
  }

  static boolean caused(SQLException e) {
    return OTHER.caused(e);
  }

  static RunMismatchException refused(Leaf leaf, SQLException e) {
    return new RunMismatchException(
        "Table "
            + leaf.sql()
            + " was dropped, replaced or renamed while it was being filled. The batch was rolled back;"
            + " what was filled before stands in the table that had the name then. Start a new run for"
            + " the table that is there now.",
        e);
  }
}
