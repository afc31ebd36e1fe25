package dev.backfill.model;

import java.time.Duration;
import java.util.List;

/**
 * What a run would come to, measured on a copy of a part of the table. {@link #toString()} is text
 * for a person.
 *
 * @param run the name of the run that was rehearsed
 * @param table the table, quoted and qualified
 * @param sampledRows rows that were copied and filled
 * @param copiedBytes size of the copy with its indexes
 * @param rows rows of the table that a run would go through, by the planner's statistics
 * @param rowsPerSecond those rows over the whole duration, as the throttle let the copy be filled
 * @param walBytes WAL that the run would write
 * @param duration of the whole run, with what comes before and after the filling
 * @param heapGrowthBytes by how much the table would grow, indexes apart
 * @param hotShare share of the updates that would be in place, 0 to 1
 * @param uncertainty by which share rate and duration may be off, 0.2 for a fifth
 * @param reasons what the figures rest on, and what is not in them
 */
public record Rehearsal(
    String run,
    String table,
    long sampledRows,
    long copiedBytes,
    long rows,
    double rowsPerSecond,
    long walBytes,
    Duration duration,
    long heapGrowthBytes,
    double hotShare,
    double uncertainty,
    List<String> reasons) {

  public Rehearsal {
    reasons = List.copyOf(reasons);
  }

  /** The duration when all goes as well as may be expected. */
  public Duration shortest() {
    return times(1 / (1 + uncertainty));
  }

  /** The duration when all goes as badly as may be expected. */
  public Duration longest() {
    return times(1 + uncertainty);
  }

  private Duration times(double factor) {
    return Duration.ofMillis((long) (duration.toMillis() * factor));
  }

  @Override
  public String toString() {
    return RehearsalText.of(this);
  }
}
