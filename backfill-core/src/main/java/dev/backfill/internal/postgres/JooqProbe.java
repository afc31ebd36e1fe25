package dev.backfill.internal.postgres;

import dev.backfill.model.BackfillException;

/** Finds out at the start of a run whether the jOOQ on the class path can be used. */
public final class JooqProbe {
  private JooqProbe() {}

  public static void require() {
    try {
      Identifiers.quote("probe");
    } catch (LinkageError e) {
      throw new BackfillException(
          "jOOQ cannot be used on Java "
              + Runtime.version().feature()
              + ": "
              + e
              + ". Nothing was changed. Put jOOQ 3.19 on the class path, which runs on Java 17 and"
              + " later; jOOQ 3.21 needs Java 21 or later.",
          e);
    }
  }
}
