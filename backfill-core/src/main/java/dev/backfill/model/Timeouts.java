package dev.backfill.model;

import java.time.Duration;

/**
 * Bounds on every wait. All are set per transaction with SET LOCAL or kept by the library; none
 * outlives its transaction on the connection.
 *
 * @param batchLock how long a batch waits for a row or table lock; default 200 ms. Together with
 *     the batch time it stays below the server's deadlock_timeout, so that in a deadlock the batch
 *     gives way and never the application
 * @param batchStatement how long one statement of a batch may run; default 5 s
 * @param idleInTransaction after how long the server ends a batch's transaction whose client froze;
 *     default 10 s
 * @param ddlLock how long others may stall behind a statement with a strong lock, from its place in
 *     the queue to its commit; default 1 s. More where a partitioned table has so many leaves that
 *     the statement itself takes longer
 * @param ddlDeadline after how long a DDL statement that never got its lock ends with an error;
 *     default 30 min
 * @param lease for how long the owner of a run is taken for alive after its last sign; default 10 s
 * @param blockedByUs for how long other sessions may wait for a batch; then it is cancelled, rolled
 *     back and tried again with half the rows; default 500 ms. Looked at once a second
 */
public record Timeouts(
    Duration batchLock,
    Duration batchStatement,
    Duration idleInTransaction,
    Duration ddlLock,
    Duration ddlDeadline,
    Duration lease,
    Duration blockedByUs) {

  public Timeouts {
    positive("batchLock", batchLock);
    positive("batchStatement", batchStatement);
    positive("idleInTransaction", idleInTransaction);
    positive("ddlLock", ddlLock);
    positive("ddlDeadline", ddlDeadline);
    positive("lease", lease);
    positive("blockedByUs", blockedByUs);
    if (ddlLock.toMillis() < 50) {
      throw new IllegalArgumentException(
          "timeouts: ddlLock must be at least 50 ms, was " + ddlLock);
    }
    if (lease.toMillis() < 1000) {
      throw new IllegalArgumentException("timeouts: lease must be at least 1 s, was " + lease);
    }
  }

  public static Timeouts defaults() {
    return new Timeouts(
        Duration.ofMillis(200),
        Duration.ofSeconds(5),
        Duration.ofSeconds(10),
        Duration.ofSeconds(1),
        Duration.ofMinutes(30),
        Duration.ofSeconds(10),
        Duration.ofMillis(500));
  }

  public Timeouts withBatchLock(Duration value) {
    return new Timeouts(
        value, batchStatement, idleInTransaction, ddlLock, ddlDeadline, lease, blockedByUs);
  }

  public Timeouts withBatchStatement(Duration value) {
    return new Timeouts(
        batchLock, value, idleInTransaction, ddlLock, ddlDeadline, lease, blockedByUs);
  }

  public Timeouts withIdleInTransaction(Duration value) {
    return new Timeouts(batchLock, batchStatement, value, ddlLock, ddlDeadline, lease, blockedByUs);
  }

  public Timeouts withDdlLock(Duration value) {
    return new Timeouts(
        batchLock, batchStatement, idleInTransaction, value, ddlDeadline, lease, blockedByUs);
  }

  public Timeouts withDdlDeadline(Duration value) {
    return new Timeouts(
        batchLock, batchStatement, idleInTransaction, ddlLock, value, lease, blockedByUs);
  }

  public Timeouts withLease(Duration value) {
    return new Timeouts(
        batchLock, batchStatement, idleInTransaction, ddlLock, ddlDeadline, value, blockedByUs);
  }

  public Timeouts withBlockedByUs(Duration value) {
    return new Timeouts(
        batchLock, batchStatement, idleInTransaction, ddlLock, ddlDeadline, lease, value);
  }

  private static void positive(String name, Duration value) {
    if (value.toMillis() < 1) {
      throw new IllegalArgumentException(
          "timeouts: " + name + " must be at least 1 ms, was " + value);
    }
  }
}
