package dev.backfill.internal.verify;

import dev.backfill.internal.postgres.TableInfo.Leaf;

/** Blocks of a leaf, the last one excluded. */
record Blocks(Leaf leaf, long from, long to) {
  long count() {
    return to - from;
  }

  /** The place before the first row. */
  String first() {
    return "(" + from + ",0)";
  }

  /** The place behind the last row. */
  String end() {
    return "(" + to + ",0)";
  }
}
