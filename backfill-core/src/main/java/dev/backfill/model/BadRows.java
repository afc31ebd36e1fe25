package dev.backfill.model;

/**
 * What is done about a row that cannot take its value: the value is NULL or does not fit, a trigger
 * or constraint rejects the row, a Java function throws.
 */
public sealed interface BadRows {

  /** The run ends at the first such row, and names it. */
  record Fail() implements BadRows {}

  /**
   * The row is put aside and the run goes on behind it.
   *
   * @param max how many rows may be put aside; one more ends the run
   * @param values whether the database's message is kept whole; it may hold values of the row
   */
  record Quarantine(int max, boolean values) implements BadRows {
    public Quarantine {
      if (max < 1) {
        throw new IllegalArgumentException("badRows: max must be at least 1, was " + max);
      }
    }

    /**
     * Keeps and logs the whole message of the database or of the function, which may hold values of
     * the row. Without it values are taken out of the message; the row's key is kept either way.
     */
    public Quarantine withValues() {
      return new Quarantine(max, true);
    }
  }

  static BadRows fail() {
    return new Fail();
  }

  static Quarantine quarantine(int max) {
    return new Quarantine(max, false);
  }
}
