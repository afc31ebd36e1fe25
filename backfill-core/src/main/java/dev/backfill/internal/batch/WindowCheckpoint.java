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
import java.util.Optional;
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
    String sql = context.windows().advanceSql(context.run(), leaf.oid()) + andCommit();
    try (PreparedStatement statement = tx.prepareStatement(sql)) {
      int index = bindPosition(statement, 1, to);
      statement.setLong(index++, filled.rows());
      statement.setLong(index++, filled.before().hotUpdates());
      bindIdentity(statement, index);
      statement.execute();
      try (ResultSet moved = statement.getResultSet()) {
        moved.next();
        return new Counters(moved.getLong(1), moved.getLong(2));
      }
    } catch (SQLException e) {
      throw meaning(e);
    }
  }

  @Override
  public Optional<Batch.Following> following() {
    return Optional.of(
        new Batch.Following() {
          @Override
          public String sql() {
            return context.windows().advanceCountedSql(context.run(), leaf.oid()) + andCommit();
          }

          @Override
          public void bind(PreparedStatement statement, int first) throws SQLException {
            bindIdentity(statement, bindPosition(statement, first, next));
          }

          @Override
          public SQLException failed(SQLException e) {
            return meaning(e);
          }
        });
  }

  private String andCommit() {
    return ";" + SameTable.sql(leaf) + ";commit";
  }

  private int bindPosition(PreparedStatement statement, int first, Position to)
      throws SQLException {
    statement.setInt(first, to.stripe());
    statement.setArray(first + 1, cursor(statement.getConnection(), to));
    statement.setBoolean(first + 2, to.stripe() == window.stripes());
    return first + 3;
  }

  private void bindIdentity(PreparedStatement statement, int first) throws SQLException {
    statement.setString(first, context.run());
    statement.setLong(first + 1, window.number());
    statement.setLong(first + 2, context.lease().epoch());
    statement.setString(first + 3, leaf.sql());
  }

  private SQLException meaning(SQLException e) {
    if (WindowStore.FENCED.caused(e)) {
      throw LeaseStore.lost(context.lease());
    }
    if (SameTable.caused(e)) {
      throw SameTable.refused(leaf, e);
    }
    return e;
  }

  private static @Nullable Array cursor(Connection tx, Position to) throws SQLException {
    return to.cursor().isPresent() ? tx.createArrayOf("text", to.cursor().get().toArray()) : null;
  }
}
