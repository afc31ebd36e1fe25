package dev.backfill.model;

import java.time.Instant;
import java.util.List;

/**
 * A row that a run has put aside, since it cannot take its value.
 *
 * @param table the table that holds it, a partition say; quoted and qualified
 * @param key its key's columns in PostgreSQL's text form
 * @param sqlState of the failure
 * @param message of the failure; without values of the row unless {@link
 *     BadRows.Quarantine#withValues()} asked for them
 * @param attempts how often it was tried, at least 1
 * @param foundAt when it was put aside, by the database's clock
 */
public record QuarantinedRow(
    String table,
    List<String> key,
    String sqlState,
    String message,
    int attempts,
    Instant foundAt) {
  public QuarantinedRow {
    key = List.copyOf(key);
  }
}
