package dev.backfill.internal.batch;

import dev.backfill.internal.checkpoint.StripeBy;
import dev.backfill.internal.checkpoint.WindowKind;
import dev.backfill.internal.checkpoint.WindowRow;
import dev.backfill.internal.postgres.TableInfo.Leaf;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;

/** How a leaf is divided into windows: by its keys or by its blocks. */
interface Paging {

  /**
   * A range of a leaf that becomes a window.
   *
   * @param rows how many it holds, about
   */
  record Range(List<String> hi, Marks marks, long rows, StripeBy stripeBy) {}

  static Paging of(BatchContext context, WindowKind kind) {
    return switch (kind) {
      case KEY -> new KeyPaging(context);
      case BLOCK -> new BlockPaging(context);
    };
  }

  /**
   * Up to where the leaf is to be claimed, empty when it has no rows.
   *
   * @throws dev.backfill.model.RunFailedException when each batch would read the whole leaf
   */
  Optional<List<String>> bound(Connection tx, Leaf leaf) throws SQLException;

  /** The most rows that a window of the leaf should have. */
  long mostRows(Leaf leaf);

  /** The range of about so many rows behind a position. */
  Range range(
      Connection connection,
      Leaf leaf,
      Optional<List<String>> lo,
      List<String> bound,
      long rows,
      int stripes)
      throws SQLException;

  /** The marks of what is left of a window in its pass. */
  Marks marks(Connection connection, Leaf leaf, WindowRow window) throws SQLException;
}
