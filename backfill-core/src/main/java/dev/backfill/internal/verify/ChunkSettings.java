package dev.backfill.internal.verify;

import dev.backfill.internal.postgres.Jooq;
import java.sql.Connection;

/** What a chunk's transaction adds to the settings of every short read. */
final class ChunkSettings {
  private ChunkSettings() {}

  static void apply(Connection tx) {
    Jooq.on(tx)
        .fetch(
            // A range over the whole table would cost the same as a sequential scan.
            "select set_config('enable_seqscan', 'off', true), set_config('jit', 'off', true),"
                // The checkpoint is in the transaction: a crash loses both or neither.
                + " set_config('synchronous_commit', 'off', true)");
  }
}
