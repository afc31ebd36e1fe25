package dev.backfill.internal.batch;

import dev.backfill.internal.checkpoint.LeaseStore;
import dev.backfill.internal.checkpoint.WindowRow;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import org.jspecify.annotations.Nullable;

/** Moves a window from one position to the next, unless the run was taken over meanwhile. */
record WindowCheckpoint(BatchContext context, WindowRow window, Position next)
    implements Batch.Checkpoint {

  @Override
  public Counters write(Connection tx, Filled filled) throws SQLException {
    // Rows that changed while Java computed are read again: the position stays.
    Position to = filled.complete() ? next : Position.of(window);
    try (PreparedStatement statement =
        tx.prepareStatement(context.windows().advanceSql(context.run(), window.leaf()))) {
      statement.setInt(1, to.stripe());
      statement.setArray(2, cursor(tx, to));
      statement.setBoolean(3, to.stripe() == window.stripes());
      statement.setLong(4, filled.rows());
      statement.setLong(5, filled.before().hotUpdates());
      statement.setString(6, context.run());
      statement.setLong(7, window.number());
      statement.setLong(8, context.epoch());
      try (ResultSet updated = statement.executeQuery()) {
        if (!updated.next()) {
          throw LeaseStore.lost(context.run(), context.epoch());
        }
        return new Counters(updated.getLong(1), updated.getLong(2));
      }
    }
  }

  private static @Nullable Array cursor(Connection tx, Position to) throws SQLException {
    return to.cursor().isPresent() ? tx.createArrayOf("text", to.cursor().get().toArray()) : null;
  }
}
