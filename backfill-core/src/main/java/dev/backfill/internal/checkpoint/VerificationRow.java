package dev.backfill.internal.checkpoint;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.Set;

/**
 * The verification of a run as the database has it.
 *
 * @param leaf the table at work
 * @param file its relfilenode, whose blocks are counted
 * @param block the first block of it that is not compared yet
 * @param leavesDone the tables that are compared to their end
 * @param leaseLeft how long the owner's lease still lasts by the database's clock; negative once
 *     over
 */
public record VerificationRow(
    String run,
    Optional<Long> leaf,
    Optional<Long> file,
    long block,
    Set<Long> leavesDone,
    Compared compared,
    double shareDone,
    Optional<String> waitingFor,
    Optional<String> owner,
    Optional<Duration> leaseLeft,
    Instant startedAt,
    Instant updatedAt,
    Optional<Instant> finishedAt) {

  /** Rows that were read, those of them without a value, and those with another one. */
  public record Compared(long rows, long unfilled, long different) {}
}
