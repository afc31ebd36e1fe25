package dev.backfill.internal.batch;

import dev.backfill.internal.checkpoint.LeaseStore;
import dev.backfill.internal.checkpoint.WindowRow;
import dev.backfill.internal.checkpoint.WindowStore;
import dev.backfill.internal.postgres.TableInfo.Leaf;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import org.jspecify.annotations.Nullable;

/**
 * Moves a window from one position to the next and commits, unless the run was taken over
 * meanwhile. Both in one message: a round trip costs as much as filling a hundred rows.
 */
record WindowCheckpoint(BatchContext context, Leaf leaf, WindowRow window, Position next)
    implements Batch.Checkpoint {

  @Override
  public Counters write(Connection tx, Filled filled) throws SQLException {
    // Rows that changed while Java computed are read again: the position stays.
    Position to = filled.complete() ? next : Position.of(window);
    try (PreparedStatement statement =
        tx.prepareStatement(
            context.windows().advanceSql(context.run(), leaf.oid())
                + ";"
                + SameTable.sql(leaf)
                + ";commit")) {
      statement.setInt(1, to.stripe());
      statement.setArray(2, cursor(tx, to));
      statement.setBoolean(3, to.stripe() == window.stripes());
      statement.setLong(4, filled.rows());
      statement.setLong(5, filled.before().hotUpdates());
      statement.setString(6, context.run());
      statement.setLong(7, window.number());
      statement.setLong(8, context.epoch());
      statement.setString(9, leaf.sql());
      execute(statement);
      try (ResultSet moved = statement.getResultSet()) {
        moved.next();
        return new Counters(moved.getLong(1), moved.getLong(2));
      }
    }
  }

  private void execute(PreparedStatement statement) throws SQLException {
    try {
      statement.execute();
    } catch (SQLException e) {
      if (WindowStore.FENCED.caused(e)) {
        throw LeaseStore.lost(context.run(), context.epoch());
      }
      if (SameTable.caused(e)) {
        throw SameTable.refused(leaf, e);
      }
      throw e;
    }
  }

  private static @Nullable Array cursor(Connection tx, Position to) throws SQLException {
    return to.cursor().isPresent() ? tx.createArrayOf("text", to.cursor().get().toArray()) : null;
  }
}
