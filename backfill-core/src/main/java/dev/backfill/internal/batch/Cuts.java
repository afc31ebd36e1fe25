package dev.backfill.internal.batch;

import dev.backfill.internal.checkpoint.WindowRow;
import dev.backfill.internal.postgres.Tx;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Keys at regular distances, at which batches may end.
 *
 * @param keys in paging order
 * @param distance rows between two of them when they were read
 * @param more whether the walk ended at its number of rows and not at the end of the range
 */
record Cuts(List<List<String>> keys, int distance, boolean more) implements Marks {
  // Two windows with keys of any length stay far below the heap of a small application.
  private static final long MAX_BYTES = 4L << 20;

  /** Settings of a transaction that walks along the key's index. */
  static final String WALK =
      "select set_config('lock_timeout', '500', true), set_config('enable_seqscan', 'off', true),"
          + " set_config('enable_bitmapscan', 'off', true), set_config('enable_sort', 'off', true),"
          + " set_config('jit', 'off', true);";

  /**
   * Reads the cuts of (lo, hi]. When the range has more than a number of rows, the last cut stands
   * at that many rows, and no cut stands at hi.
   */
  static Cuts read(
      Connection connection,
      LeafSql sql,
      Optional<List<String>> lo,
      List<String> hi,
      long maxRows,
      int distance)
      throws SQLException {
    return Tx.required(
        connection,
        tx -> {
          // Whatever the statistics say of a fresh table: anything but a walk along the index would
          // be done for each cut.
          try (PreparedStatement statement = tx.prepareStatement(WALK + sql.cuts(lo.isEmpty()))) {
            int next = Texts.bind(statement, 1, lo.orElse(List.of()));
            for (int part = 0; part < 2; part++) {
              next = Texts.bind(statement, next, hi);
              statement.setLong(next++, distance - 1);
            }
            statement.setLong(next, Math.max(1, maxRows / distance));
            statement.execute();
            statement.getMoreResults();
            try (ResultSet rows = statement.getResultSet()) {
              return collect(rows, distance, Math.max(1, maxRows / distance));
            }
          }
        });
  }

  /** No cut but the end of the window: each batch asks the index for its own end. */
  static Cuts none(List<String> hi) {
    return new Cuts(List.of(hi), Integer.MAX_VALUE, false);
  }

  /** These cuts with the end of their window as the last one. */
  Cuts endingAt(List<String> hi) {
    if (!keys.isEmpty() && keys.get(keys.size() - 1).equals(hi)) {
      return this;
    }
    List<List<String>> closed = new ArrayList<>(keys);
    closed.add(hi);
    return new Cuts(closed, distance, false);
  }

  @Override
  public BatchEnds ends(LeafSql sql, WindowRow window) {
    return new KeyEnds(sql, window, this);
  }

  private static Cuts collect(ResultSet rows, int distance, long most) throws SQLException {
    List<List<String>> keys = new ArrayList<>();
    int every = 1;
    long bytes = 0;
    long position = 0;
    while (rows.next()) {
      position++;
      if (position % every == 0) {
        List<String> key = Texts.row(rows);
        keys.add(key);
        bytes += key.stream().mapToLong(String::length).sum() + 64;
        if (bytes > MAX_BYTES && keys.size() > 2) {
          keys = everySecond(keys);
          every *= 2;
          bytes = bytes / 2;
        }
      }
    }
    return new Cuts(keys, distance * every, position == most);
  }

  private static List<List<String>> everySecond(List<List<String>> keys) {
    List<List<String>> kept = new ArrayList<>();
    for (int i = 1; i < keys.size(); i += 2) {
      kept.add(keys.get(i));
    }
    return kept;
  }
}
