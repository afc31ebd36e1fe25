package dev.backfill.internal.postgres;

/**
 * A comment at the head of a batch's statements. A DBA reads there whose they are; the monitor
 * finds the run's own sessions by it, also behind a pooler that hands out another session each
 * time.
 */
public final class BatchTag {
  private BatchTag() {}

  /** The comment, and the beginning of {@code pg_stat_activity.query} of the run's sessions. */
  public static String of(String run) {
    // Nothing that could end the comment, or be a wildcard of LIKE.
    return "/* backfill " + run.replaceAll("[^A-Za-z0-9.]", "-") + " */ ";
  }

  /** Finds the sessions of any run. */
  public static final String ANY_LIKE = "/* backfill %";
}
