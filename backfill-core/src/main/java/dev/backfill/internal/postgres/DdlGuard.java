package dev.backfill.internal.postgres;

import dev.backfill.internal.time.Sleeper;
import dev.backfill.internal.time.Ticker;
import dev.backfill.model.LockNotAcquiredException;
import dev.backfill.model.Timeouts;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.DoubleSupplier;
import java.util.stream.Collectors;
import org.jooq.exception.DataAccessException;

/**
 * Runs DDL on a busy table without making others wait. A statement that queues for a strong lock
 * stalls everybody who comes after it, and one that never queues starves on a table with many
 * clients. So:
 *
 * <ol>
 *   <li>Looks who holds conflicting locks, and does not queue while a transaction among them is
 *       older than half a second: it is not about to end.
 *   <li>Queues for 50 ms, then for twice as long each time up to the ceiling, with pauses at least
 *       ten times as long in between.
 *   <li>When autovacuum holds the table: it yields to who waits for deadlock_timeout. Waits that
 *       long for SHARE UPDATE EXCLUSIVE, which stalls no reads or writes, and then takes the strong
 *       lock in the same transaction, before another worker comes.
 *   <li>Gives up at the deadline with the names of the holders, and leaves everything as it was.
 *       Nobody is ever ended for it.
 * </ol>
 */
public final class DdlGuard {
  private static final Duration LOOK = Duration.ofMillis(250);
  private static final Duration OLD = Duration.ofMillis(500);
  private static final Duration FIRST_QUEUE = Duration.ofMillis(50);
  private static final int PAUSE_FACTOR = 10;
  // Waiting for a lock, a deadlock that we gave way to, pending trigger events of another session's
  // transaction, a statement that ran into its time-out while it waited.
  private static final Set<String> IN_THE_WAY =
      Set.of(
          SqlStates.LOCK_NOT_AVAILABLE, "40P01", SqlStates.OBJECT_IN_USE, SqlStates.QUERY_CANCELED);

  private final Timeouts timeouts;
  private final Ticker ticker;
  private final Sleeper sleeper;
  private final Observer observer;
  private final DoubleSupplier random;

  /** Executed in the DDL's transaction just before its commit; throws to roll it back. */
  @FunctionalInterface
  public interface BeforeCommit {
    void check(Connection connection) throws SQLException;
  }

  /**
   * Is told when a statement is held back, once per change of the holders, and when it was done.
   */
  public interface Observer {
    void waiting(Ddl ddl, String holders);

    void done(Ddl ddl, Duration took);
  }

  public DdlGuard(Timeouts timeouts, Ticker ticker, Sleeper sleeper, Observer observer) {
    this(timeouts, ticker, sleeper, observer, () -> ThreadLocalRandom.current().nextDouble());
  }

  DdlGuard(
      Timeouts timeouts, Ticker ticker, Sleeper sleeper, Observer observer, DoubleSupplier random) {
    this.timeouts = timeouts;
    this.ticker = ticker;
    this.sleeper = sleeper;
    this.observer = observer;
    this.random = random;
  }

  /**
   * Executes the statements in one transaction and commits it.
   *
   * @throws LockNotAcquiredException at the deadline; nothing was changed
   */
  public void run(Connection connection, Ddl ddl, BeforeCommit beforeCommit)
      throws SQLException, InterruptedException {
    long start = ticker.nanos();
    Duration queue = FIRST_QUEUE;
    String told = "";
    while (true) {
      List<Holder> holders = LockLook.holders(connection, ddl.relations(), ddl.lock());
      String names = names(holders);
      if (!names.equals(told) && !names.isEmpty()) {
        observer.waiting(ddl, names);
        told = names;
      }
      if (mayQueue(ddl, holders)) {
        long began = ticker.nanos();
        if (attempt(connection, ddl, queue, holders, beforeCommit)) {
          observer.done(ddl, Duration.ofNanos(ticker.nanos() - began));
          return;
        }
        queue = shorter(queue.multipliedBy(2), timeouts.ddlLock());
        pause(start, pauseAfter(queue), connection, ddl);
      } else {
        pause(start, LOOK, connection, ddl);
      }
    }
  }

  /** Whether everybody in the way is about to end, or yields when we wait. */
  private static boolean mayQueue(Ddl ddl, List<Holder> holders) {
    // Who waits for SHARE UPDATE EXCLUSIVE stalls no reads or writes, so it may always queue.
    return ddl.lock() == LockMode.SHARE_UPDATE_EXCLUSIVE
        || holders.stream()
            .allMatch(
                h ->
                    h.kind() == Holder.Kind.AUTOVACUUM
                        || (h.kind() == Holder.Kind.SESSION && h.age().compareTo(OLD) < 0));
  }

  private boolean attempt(
      Connection connection,
      Ddl ddl,
      Duration queue,
      List<Holder> holders,
      BeforeCommit beforeCommit)
      throws SQLException {
    DdlAttempt attempt = new DdlAttempt(connection, ddl);
    boolean vacuum = holders.stream().anyMatch(h -> h.kind() == Holder.Kind.AUTOVACUUM);
    try {
      if (ddl.lock() == LockMode.SHARE_UPDATE_EXCLUSIVE) {
        attempt.patiently(beforeCommit);
      } else if (vacuum) {
        attempt.besideVacuum(queue, beforeCommit);
      } else {
        attempt.briefly(queue, beforeCommit);
      }
      return true;
    } catch (SQLException | DataAccessException e) {
      if (!IN_THE_WAY.contains(String.valueOf(SqlStates.state(e)))) {
        throw e;
      }
      return false;
    }
  }

  private Duration pauseAfter(Duration queue) {
    // Jittered, so that two nodes do not queue in step.
    double factor = PAUSE_FACTOR * (1 + random.getAsDouble() / 2);
    return Duration.ofNanos((long) (queue.toNanos() * factor));
  }

  private void pause(long start, Duration pause, Connection connection, Ddl ddl)
      throws InterruptedException {
    Duration left = timeouts.ddlDeadline().minusNanos(ticker.nanos() - start);
    if (left.isNegative() || left.isZero()) {
      throw gaveUp(connection, ddl);
    }
    sleeper.sleep(shorter(pause, left));
  }

  private LockNotAcquiredException gaveUp(Connection connection, Ddl ddl) {
    List<Holder> holders = LockLook.holders(connection, ddl.relations(), ddl.lock());
    return new LockNotAcquiredException(
        "Could not "
            + ddl.purpose()
            + " within "
            + timeouts.ddlDeadline().toSeconds()
            + " s: the table was never free of conflicting locks. Holders now: "
            + (holders.isEmpty() ? "none; others came and went" : names(holders))
            + ". Nothing was changed by this statement, and nobody was ended. End what holds the table,"
            + " or wait for a quieter hour, then start the run again: it goes on from here. The"
            + " statement: "
            + ddl.sql());
  }

  private static String names(List<Holder> holders) {
    return holders.stream().map(Holder::describe).collect(Collectors.joining("; "));
  }

  private static Duration shorter(Duration a, Duration b) {
    return a.compareTo(b) <= 0 ? a : b;
  }
}
