package dev.backfill.model;

/** What happens once every row is filled. */
public enum Contract {
  /** Prove that no NULL remains and apply NOT NULL. */
  SET_NOT_NULL,
  /** Stop after the backfill until the contract is approved, then as {@link #SET_NOT_NULL}. */
  MANUAL,
  /** Leave the column nullable. */
  NONE;

  public static Contract setNotNull() {
    return SET_NOT_NULL;
  }

  public static Contract manual() {
    return MANUAL;
  }

  public static Contract none() {
    return NONE;
  }
}
