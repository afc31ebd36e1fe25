package dev.backfill.model;

/** In which order the rows of a table are gone through. */
public enum ScanOrder {
  /**
   * By the catalogs: physical where the order of the keys is not that of the rows and the table is
   * larger than half of {@code effective_cache_size}, else by key. The plan gives the reason.
   */
  AUTO,
  /** In the order of the key, by its index. */
  KEY,
  /** In the order in which the rows stand in the table, block by block (TID range scan). */
  PHYSICAL;

  public static ScanOrder auto() {
    return AUTO;
  }

  public static ScanOrder key() {
    return KEY;
  }

  public static ScanOrder physical() {
    return PHYSICAL;
  }
}
