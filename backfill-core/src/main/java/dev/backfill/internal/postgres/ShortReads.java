package dev.backfill.internal.postgres;

import dev.backfill.internal.time.Ticker;
import dev.backfill.model.Timeouts;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Optional;
import org.jooq.exception.DataAccessException;

/**
 * Reads in short transactions. Who waits for a lock holds a snapshot, so the wait for somebody who
 * holds the whole table is short and comes again; even a table's size is not told meanwhile.
 */
public final class ShortReads {
  private final Connection connection;
  private final Timeouts timeouts;
  private final Ticker ticker;
  private final BeforeChunk beforeEach;
  // Since when somebody has been in the way: what is done between two reads may take its time.
  private Optional<Long> failingSince = Optional.empty();

  /** Is asked before each chunk and each statement; throws to end the work. */
  @FunctionalInterface
  public interface BeforeChunk {
    void proceed() throws InterruptedException;
  }

  public ShortReads(
      Connection connection, Timeouts timeouts, Ticker ticker, BeforeChunk beforeEach) {
    this.connection = connection;
    this.timeouts = timeouts;
    this.ticker = ticker;
    this.beforeEach = beforeEach;
  }

  /** Asks whether to go on; throws to stop. */
  public void proceed() throws InterruptedException {
    beforeEach.proceed();
  }

  /** Reads until it succeeds. */
  public <T> T read(Tx.Work<T> work) throws SQLException, InterruptedException {
    Optional<T> result = attempt(work);
    while (result.isEmpty()) {
      proceed();
      result = attempt(work);
    }
    return result.get();
  }

  /**
   * Reads once.
   *
   * @return empty when somebody was in the way, or when it took too long
   * @throws SQLException also when that has gone on until the deadline for DDL
   */
  public <T> Optional<T> attempt(Tx.Work<T> work) throws SQLException {
    long start = ticker.nanos();
    try {
      T result =
          Tx.required(
              connection,
              tx -> {
                settings(tx);
                return work.in(tx);
              });
      failingSince = Optional.empty();
      return Optional.of(result);
    } catch (SQLException | DataAccessException e) {
      long since = failingSince.orElse(start);
      failingSince = Optional.of(since);
      if (SqlStates.classify(e) != SqlStates.Kind.CONTENTION
          || ticker.nanos() - since > timeouts.ddlDeadline().toNanos()) {
        throw e;
      }
      return Optional.empty();
    }
  }

  private void settings(Connection tx) {
    // Policies would hide rows: off fails loudly where that is not allowed.
    Jooq.on(tx)
        .fetch(
            "select set_config('row_security', 'off', true),"
                + " set_config('lock_timeout', ?, true), set_config('statement_timeout', ?, true),"
                + " set_config('idle_in_transaction_session_timeout', ?, true)",
            Long.toString(timeouts.batchLock().toMillis()),
            Long.toString(timeouts.batchStatement().toMillis()),
            Long.toString(timeouts.idleInTransaction().toMillis()));
  }
}
