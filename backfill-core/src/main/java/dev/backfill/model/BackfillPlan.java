package dev.backfill.model;

import java.time.Duration;
import java.util.List;

/**
 * What a run would do. Reads of the catalogs and EXPLAIN only; nothing was written to make it.
 * {@link #toString()} is a page of text for a person.
 *
 * @param run the run's name
 * @param table the table, quoted and qualified
 * @param column the column, quoted
 * @param type the column's type as the catalogs would show it
 * @param cover how new rows get their value
 * @param instant whether the column is added with its value as metadata only
 * @param key the columns to page by
 * @param keyIndex the index that orders them
 * @param statements every statement in order, with its lock
 * @param boundaryPlan EXPLAIN of the query that finds where a batch ends; empty for an empty table
 *     and in physical order, where none is needed
 * @param updatePlan EXPLAIN of a batch's UPDATE, or of its scan while the column does not exist
 * @param triggers definitions of the triggers that each filled row will fire
 * @param order whether rows are gone through by key or in physical order, in the largest partition
 *     where there are several
 * @param orderReason why
 * @param stripes in how many passes a window is filled
 * @param stripesReason why
 * @param expectedHotShare estimated share of updates in place, 0 to 1
 * @param estimatedRows by the planner's statistics
 * @param windowRows rows of the first windows
 * @param windowReason why
 * @param estimatedWindows windows of that size
 * @param estimatedWalBytes WAL that the backfill will write, roughly
 * @param estimatedDuration of the backfill phase unthrottled, roughly
 * @param missingRights what the role may not do, each with the statement that grants it
 * @param warnings what to know before running it
 * @param deployment what old and new application code may do in each phase
 */
public record BackfillPlan(
    String run,
    String table,
    String column,
    String type,
    String cover,
    boolean instant,
    List<String> key,
    String keyIndex,
    List<PlannedStatement> statements,
    List<String> boundaryPlan,
    List<String> updatePlan,
    List<String> triggers,
    ScanOrder order,
    String orderReason,
    int stripes,
    String stripesReason,
    double expectedHotShare,
    long estimatedRows,
    long windowRows,
    String windowReason,
    long estimatedWindows,
    long estimatedWalBytes,
    Duration estimatedDuration,
    List<String> missingRights,
    List<String> warnings,
    List<String> deployment) {

  @Override
  public String toString() {
    return PlanText.of(this);
  }
}
