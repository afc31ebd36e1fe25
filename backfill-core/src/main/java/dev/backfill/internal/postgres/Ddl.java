package dev.backfill.internal.postgres;

import java.util.List;

/**
 * Statements that change the schema in one transaction, with the strongest lock that they take.
 *
 * @param purpose what it is for, in the words of a message: "add column status_code"
 * @param statements executed in order in one transaction
 * @param lock the strongest table lock that any of them takes
 * @param relations oids of the tables that get locked, root first
 * @param scans whether a statement reads the whole table while the lock is held, which only ever
 *     happens under SHARE UPDATE EXCLUSIVE
 */
public record Ddl(
    String purpose, List<String> statements, LockMode lock, List<Long> relations, boolean scans) {
  public Ddl {
    statements = List.copyOf(statements);
    relations = List.copyOf(relations);
  }

  /** The statements as one line for logs and events. */
  public String sql() {
    return String.join("; ", statements);
  }
}
