package dev.backfill.model;

import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * The latest verification of a run, as the state tables have it; exact as of its last chunk.
 *
 * @param fraction estimated share of the table's blocks that are read, 0 to 1
 * @param differences the first 100 rows that differ
 * @param owner who works on it now: process id, host and a random part; empty when nobody does
 * @param alive whether the owner's lease holds
 * @param waitingFor what it waits for, with value and limit; empty when it is working, or nobody
 *     works on it
 * @param startedAt by the database's clock, as are the others
 * @param finishedAt empty while it is under way or was cut short; then the next call goes on with
 *     it
 */
public record VerificationStatus(
    String run,
    double fraction,
    long rowsCompared,
    long rowsUnfilled,
    long rowsDifferent,
    List<DifferentRow> differences,
    Optional<String> owner,
    boolean alive,
    Optional<String> waitingFor,
    Instant startedAt,
    Instant updatedAt,
    Optional<Instant> finishedAt) {
  public VerificationStatus {
    differences = List.copyOf(differences);
  }
}
