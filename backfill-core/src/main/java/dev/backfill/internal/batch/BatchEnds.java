package dev.backfill.internal.batch;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;

/** Where the batches of one pass over a window end. */
interface BatchEnds {

  /**
   * The last key or place of a batch.
   *
   * @param nextCut the first cut behind it, where there are cuts
   */
  record End(List<String> key, int nextCut) {}

  /** The end of a batch that starts at the cursor and spans so many rows, at least one. */
  End find(Connection connection, Optional<List<String>> cursor, long rows) throws SQLException;

  /**
   * Goes on behind a batch that was committed.
   *
   * @param rows how many rows of the stripe it filled
   */
  void passed(End end, long rows);
}
