package dev.backfill.model;

/**
 * What a run does about the dead rows that it leaves. It counts those of its own that moved: the
 * old version of a row that was updated in place (HOT) is free space again without a vacuum. A
 * share is one of the rows of the table, of each partition for itself.
 */
public sealed interface Vacuum {

  /** Nothing: autovacuum comes when the server's settings say so. */
  record Off() implements Vacuum {}

  /**
   * Batches are held back at the share until autovacuum has been there.
   *
   * @param share above 0, at most 1
   */
  record Await(double share) implements Vacuum {
    public Await {
      check("await", share);
    }
  }

  /**
   * The run executes VACUUM at the share.
   *
   * @param share above 0, at most 1
   */
  record Run(double share) implements Vacuum {
    public Run {
      check("run", share);
    }
  }

  /** Leaves vacuuming to autovacuum, and waits for nothing. */
  static Vacuum off() {
    return new Off();
  }

  /**
   * Holds batches back at that share of dead rows until autovacuum has been there. Where autovacuum
   * comes later than that by its settings, they are held from there on; where it does not come at
   * all, the run says so and goes on.
   *
   * @param share above 0, at most 1; 0.1 for a tenth of the rows
   * @throws IllegalArgumentException for any other share
   */
  static Vacuum await(double share) {
    return new Await(share);
  }

  /**
   * Executes VACUUM of the table at that share of dead rows, between two batches, as gently as
   * autovacuum works. It never waits for a lock, and is left out where an old snapshot makes it
   * useless; the run then says so and goes on. Needs the table's owner, or from PostgreSQL 17 on
   * MAINTAIN.
   *
   * @param share above 0, at most 1; 0.1 for a tenth of the rows
   * @throws IllegalArgumentException for any other share
   */
  static Vacuum run(double share) {
    return new Run(share);
  }

  private static void check(String factory, double share) {
    if (!(share > 0 && share <= 1)) {
      throw new IllegalArgumentException(
          "vacuum: the share of %s(...) must be above 0 and at most 1, was %s"
              .formatted(factory, share));
    }
  }
}
