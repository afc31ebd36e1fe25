package dev.backfill.internal.batch;

import dev.backfill.internal.checkpoint.WindowRow;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;

/**
 * Ends at keys. Walks along the window's cuts; for batches smaller than the distance of two cuts it
 * asks the index.
 */
final class KeyEnds implements BatchEnds {
  private final LeafSql sql;
  private final WindowRow window;
  private final Cuts cuts;
  private int nextCut;

  /**
   * @param cuts the cuts of the window that lie behind its cursor, its end included
   */
  KeyEnds(LeafSql sql, WindowRow window, Cuts cuts) {
    this.sql = sql;
    this.window = window;
    this.cuts = cuts;
  }

  @Override
  public End find(Connection connection, Optional<List<String>> cursor, long keys)
      throws SQLException {
    if (keys < cuts.distance()) {
      List<String> cut = cuts.keys().get(nextCut);
      Optional<List<String>> key = ask(connection, cursor, cut, keys);
      boolean within = key.isPresent() && !key.get().equals(cut);
      return within ? new End(key.get(), nextCut) : new End(cut, nextCut + 1);
    }
    long cut = Math.min(nextCut + keys / cuts.distance(), cuts.keys().size()) - 1;
    return new End(cuts.keys().get((int) cut), (int) cut + 1);
  }

  @Override
  public void passed(End end, long rows) {
    nextCut = end.nextCut();
  }

  private Optional<List<String>> ask(
      Connection connection, Optional<List<String>> cursor, List<String> upper, long keys)
      throws SQLException {
    Optional<List<String>> from = cursor.isPresent() ? cursor : window.lo();
    try (PreparedStatement statement =
        // Both statements are one transaction to the server, which gets them in one message.
        connection.prepareStatement(Cuts.WALK + sql.boundary(from.isEmpty()))) {
      int next = Texts.bind(statement, 1, from.orElse(List.of()));
      next = Texts.bind(statement, next, upper);
      statement.setLong(next, keys - 1);
      statement.execute();
      statement.getMoreResults();
      try (ResultSet row = statement.getResultSet()) {
        return row.next() ? Optional.of(Texts.row(row)) : Optional.empty();
      }
    }
  }
}
