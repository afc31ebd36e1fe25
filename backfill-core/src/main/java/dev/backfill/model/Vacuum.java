package dev.backfill.model;

import java.time.Duration;

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
   * @param deadline for how long at most; at least 1 s, default 10 min
   */
  record Await(double share, Duration deadline) implements Vacuum {
    public Await {
      check("await", share);
      if (deadline.compareTo(Duration.ofSeconds(1)) < 0) {
        throw new IllegalArgumentException(
            "vacuum: the deadline of await(...) must be at least 1 s, was " + deadline);
      }
    }

    /**
     * Holds batches back for that long at most, all waits for one vacuum taken together and pauses
     * of the run left out; then the run says so and goes on, and does not wait again until the
     * table was vacuumed. More where one vacuum of the table takes longer than 10 minutes.
     *
     * @param value at least 1 s; looked at once a second
     * @throws IllegalArgumentException for less
     */
    public Await withDeadline(Duration value) {
      return new Await(share, value);
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
   * comes later than that by its settings, they are held from there on; where it is off, or has not
   * been there after 10 minutes, the run says so and goes on.
   *
   * @param share above 0, at most 1; 0.1 for a tenth of the rows
   * @throws IllegalArgumentException for any other share
   * @see Await#withDeadline
   */
  static Await await(double share) {
    return new Await(share, Duration.ofMinutes(10));
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
