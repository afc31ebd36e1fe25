package dev.backfill.internal.signal;

import dev.backfill.internal.postgres.Jooq;
import dev.backfill.internal.postgres.SqlStates;
import dev.backfill.internal.postgres.Tx;
import dev.backfill.internal.time.Ticker;
import dev.backfill.model.PreflightException;
import dev.backfill.throttle.Reading;
import dev.backfill.throttle.Signal;
import dev.backfill.throttle.SignalContext;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jooq.exception.DataAccessException;
import org.jspecify.annotations.Nullable;

/** Reads a signal once before anything is changed, as the run would. */
public final class SignalProbe {
  private static final String TIMEOUT_MILLIS = "300";

  // No rows, several results, and a write in a read-only transaction.
  private static final Set<String> WRONG_STATEMENT = Set.of("02000", "0100E", SqlStates.READ_ONLY);

  private SignalProbe() {}

  /**
   * What is wrong with a signal.
   *
   * @param lasting whether no later reading will be better
   */
  public record Finding(String text, boolean lasting) {}

  /**
   * Empty when it can be read.
   *
   * @param connection in no transaction
   * @throws PreflightException when the signal does not answer; the connection is closed then,
   *     since the signal may still be at work on it
   */
  public static Optional<Finding> probe(Connection connection, Signal signal, List<Long> tables)
      throws SQLException {
    BoundedReader reader = new BoundedReader(signal.forRun());
    try {
      Reading reading =
          Tx.required(
              connection,
              tx -> {
                Jooq.on(tx)
                    .fetch(
                        "select set_config('statement_timeout', ?, true),"
                            + " set_config('transaction_read_only', 'on', true)",
                        TIMEOUT_MILLIS);
                return reader.read(new SignalContext(tx, tables, Ticker.system().nanos()));
              });
      return Optional.of(reading.caveat())
          .filter(caveat -> !caveat.isEmpty())
          .map(
              caveat ->
                  new Finding(
                      (reading.value().isEmpty() ? "cannot be read now: " : "is read in part: ")
                          + caveat,
                      false));
    } catch (BoundedReader.HangsException e) {
      throw new PreflightException(
          "Signal "
              + signal.name()
              + " cannot be read: "
              + e.getMessage()
              + ". Nothing was changed. Let it answer sooner, or leave it out.",
          e);
    } catch (SQLException | DataAccessException e) {
      boolean lasting = lasting(e);
      // A write is refused by the read-only transaction of this probe, not by the server.
      if (!lasting && SqlStates.classify(e) == SqlStates.Kind.CONNECTION) {
        throw e;
      }
      return Optional.of(new Finding("cannot be read: " + e.getMessage(), lasting));
    }
  }

  /** Wrong SQL, the wrong number of rows or columns, no number, or a statement that writes. */
  private static boolean lasting(Exception failure) {
    @Nullable String state = SqlStates.state(failure);
    return state != null
        && !state.equals(SqlStates.INSUFFICIENT_PRIVILEGE)
        && (state.startsWith("42") || state.startsWith("21") || WRONG_STATEMENT.contains(state));
  }
}
