package dev.backfill.internal.batch;

import dev.backfill.internal.checkpoint.WindowRow;

/** What was found out about a window before its first pass, to say where its batches may end. */
interface Marks {
  /** The ends of one pass. */
  BatchEnds ends(LeafSql sql, WindowRow window);
}
