package dev.backfill.model;

/** Where a run stands on its way from expand to contract. */
public enum Phase {
  /** The column and the cover of new rows are being created. */
  EXPAND,
  /** Existing rows are being filled. */
  BACKFILL,
  /** The null proof and the NOT NULL constraint. */
  CONTRACT,
  /** Nothing is left to do. */
  DONE
}
