package dev.backfill.model;

/** How existing rows get their value. */
public enum Strategy {
  /** A constant for a column that does not exist yet is added instantly; all else in batches. */
  AUTO,
  /** Always in batches. */
  BATCHED;

  public static Strategy auto() {
    return AUTO;
  }

  public static Strategy batched() {
    return BATCHED;
  }
}
