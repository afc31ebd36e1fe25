package dev.backfill.internal.postgres;

import dev.backfill.internal.time.Sleeper;
import dev.backfill.internal.time.Ticker;
import dev.backfill.model.LockNotAcquiredException;
import dev.backfill.model.RunFailedException;
import dev.backfill.model.Timeouts;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.DoubleSupplier;
import org.jooq.exception.DataAccessException;

/**
 * Runs DDL on a busy table without making others wait. A statement that queues for a strong lock
 * stalls everybody who comes after it, and one that never queues starves on a table with many
 * clients. So:
 *
 * <ol>
 *   <li>Looks who holds conflicting locks, and does not queue while a transaction among them is
 *       older than half a second, or of unknown age: it is not about to end.
 *   <li>Queues for 50 ms, and twice as long after each wait in vain, with pauses ten times as long
 *       as others stalled. From its place in the queue to its commit an attempt ends within the
 *       ceiling, however many partitions it locks.
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
  private static final int TOO_SLOW = 3;

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

  /** Is told when a statement is held back and when it was done, and may stop it meanwhile. */
  public interface Observer {
    /** Told at once, then when others hold it back, at most every 10 s. */
    void waiting(Ddl ddl, String holders);

    void done(Ddl ddl, Duration took);

    /**
     * Asked before each look and during pauses, with no transaction open. Throws to end the wait;
     * what it waits for itself does not count towards the deadline.
     */
    default void proceed() throws InterruptedException {}

    /**
     * Asked by another thread while a statement reads the whole table under a weak lock. When it is
     * false the statement is cancelled and rolled back, {@link #proceed} is asked, and it begins
     * anew.
     */
    default boolean wanted() {
      return true;
    }
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
   * @param connection in no transaction
   * @throws LockNotAcquiredException at the deadline; nothing was changed
   * @throws RunFailedException when the statements take longer than others may stall, or the server
   *     has not had what they take until the deadline
   */
  public void run(Connection connection, Ddl ddl, BeforeCommit beforeCommit)
      throws SQLException, InterruptedException {
    DdlWait wait = new DdlWait(ddl, timeouts.ddlDeadline(), ticker, sleeper, observer);
    LockLook look = new LockLook(connection, ddl.relations(), ddl.lock(), ticker);
    DdlLimits limits = ask(wait, () -> Tx.required(connection, tx -> DdlLimits.read(tx, timeouts)));
    Duration queue = shorter(FIRST_QUEUE, limits.queue());
    int tooSlow = 0;
    while (true) {
      wait.proceed();
      List<Holder> holders = ask(wait, look::holders);
      if (!mayQueue(ddl, holders)) {
        wait.heldBack(holders, LOOK);
        continue;
      }
      long vacuums = holders.stream().filter(h -> h.kind() == Holder.Kind.AUTOVACUUM).count();
      if (vacuums > 0) {
        wait.tell(holders);
      }
      long began = ticker.nanos();
      DdlAttempt.Result result =
          new DdlAttempt(connection, ddl, limits, ticker, observer::wanted)
              .run(queue, vacuums, beforeCommit);
      if (result.outcome() == DdlAttempt.Outcome.DONE) {
        observer.done(ddl, Duration.ofNanos(ticker.nanos() - began));
        return;
      }
      if (result.outcome() == DdlAttempt.Outcome.UNWANTED) {
        continue;
      }
      if (result.outcome() == DdlAttempt.Outcome.TOO_SLOW) {
        if (++tooSlow == TOO_SLOW) {
          throw tooSlow(ddl, result);
        }
        // What is not spent in the queue is left for the statements.
        queue = shorter(FIRST_QUEUE, limits.queue());
      } else if (result.outcome() == DdlAttempt.Outcome.NOT_GRANTED && !result.stalled().isZero()) {
        queue = shorter(queue.multipliedBy(2), limits.queue());
      }
      wait.failed(holders, result.failure(), pauseAfter(longer(FIRST_QUEUE, result.stalled())));
    }
  }

  private interface Question<T> {
    T ask() throws SQLException;
  }

  /** Asked again while the server has not what even a look takes, memory say. */
  private static <T> T ask(DdlWait wait, Question<T> question)
      throws SQLException, InterruptedException {
    while (true) {
      try {
        return question.ask();
      } catch (SQLException | DataAccessException e) {
        if (SqlStates.classify(e) != SqlStates.Kind.EXHAUSTED) {
          throw e;
        }
        wait.failed(List.of(), Optional.of(e), LOOK);
        wait.proceed();
      }
    }
  }

  /** Whether everybody in the way is about to end, or yields when we wait. */
  private static boolean mayQueue(Ddl ddl, List<Holder> holders) {
    // Who waits for SHARE UPDATE EXCLUSIVE stalls no reads or writes, so it may always queue.
    return ddl.lock() == LockMode.SHARE_UPDATE_EXCLUSIVE
        || holders.stream()
            .allMatch(
                holder ->
                    switch (holder.kind()) {
                      case AUTOVACUUM -> true;
                      case WRAPAROUND_VACUUM -> false;
                      case SESSION, PREPARED_TRANSACTION -> holder.isYoungerThan(OLD);
                    });
  }

  private Duration pauseAfter(Duration stalled) {
    // Jittered, so that two nodes do not queue in step.
    double factor = PAUSE_FACTOR * (1 + random.getAsDouble() / 2);
    return Duration.ofNanos((long) (stalled.toNanos() * factor));
  }

  private RunFailedException tooSlow(Ddl ddl, DdlAttempt.Result result) {
    String message =
        "Could not "
            + ddl.purpose()
            + ": it did not end within "
            + timeouts.ddlLock().toMillis()
            + " ms, counted from its place in the queue for the lock, and was rolled back "
            + TOO_SLOW
            + " times so that others need not wait longer. Nothing was changed by this statement."
            + " Let them wait longer (timeouts: ddlLock), or wait for a quieter hour, then start the"
            + " run again: it goes on from here. The statement: "
            + ddl.sql();
    return result
        .failure()
        .map(e -> new RunFailedException(message, e))
        .orElseGet(() -> new RunFailedException(message));
  }

  private static Duration shorter(Duration a, Duration b) {
    return a.compareTo(b) <= 0 ? a : b;
  }

  private static Duration longer(Duration a, Duration b) {
    return a.compareTo(b) >= 0 ? a : b;
  }
}
