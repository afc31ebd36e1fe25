package dev.backfill.internal.batch;

import dev.backfill.internal.checkpoint.WindowRow;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;

/**
 * Ends between blocks, which takes no query. A batch of fewer rows than a block holds, such as one
 * that is narrowed down to a row that cannot be filled, ends within it.
 */
final class BlockEnds implements BatchEnds {
  // Both statements are one transaction to the server, which gets them in one message.
  private static final String SETTINGS =
      "select set_config('lock_timeout', '500', true), set_config('enable_seqscan', 'off', true),"
          + " set_config('enable_tidscan', 'on', true);";

  private final LeafSql sql;
  private final WindowRow window;
  private final RowsPerBlock rowsPerBlock;
  private Place from;

  BlockEnds(LeafSql sql, WindowRow window, RowsPerBlock rowsPerBlock) {
    this.sql = sql;
    this.window = window;
    this.rowsPerBlock = rowsPerBlock;
    this.from = start(window.cursor());
  }

  @Override
  public End find(Connection connection, Optional<List<String>> cursor, long rows)
      throws SQLException {
    from = start(cursor);
    Place end =
        // A single row is a single row, in a block of a table that is nearly empty too.
        rows == 1 || rows < rowsPerBlock.rows()
            ? within(connection, rows)
            : Place.startOf(from.block() + rowsPerBlock.blocks(rows));
    Place last = Place.of(window.hi());
    Place capped = end.compareTo(last) < 0 ? end : last;
    if (capped.compareTo(from) <= 0) {
      throw new IllegalStateException(
          "the cursor of window %d would not move from %s to %s"
              .formatted(window.number(), from, capped));
    }
    return new End(capped.position(), 0);
  }

  @Override
  public void passed(End end, long rows) {
    long blocks = Place.of(end.key()).block() - from.block();
    if (blocks > 0) {
      rowsPerBlock.found(blocks, rows * window.stripes());
    }
  }

  private Place start(Optional<List<String>> cursor) {
    return cursor.or(window::lo).map(Place::of).orElse(Place.startOf(0));
  }

  /** The place of the last of so many rows behind the cursor, or the end of its block. */
  private Place within(Connection connection, long rows) throws SQLException {
    Place blockEnd = Place.startOf(from.block() + 1);
    try (PreparedStatement statement = connection.prepareStatement(SETTINGS + sql.place())) {
      int next = Texts.bind(statement, 1, from.position());
      next = Texts.bind(statement, next, blockEnd.position());
      statement.setLong(next, rows - 1);
      statement.execute();
      statement.getMoreResults();
      try (ResultSet row = statement.getResultSet()) {
        return row.next() ? Place.of(Texts.row(row)) : blockEnd;
      }
    }
  }
}
