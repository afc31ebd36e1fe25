package dev.backfill.internal.batch;

import dev.backfill.event.BackfillEvent;
import dev.backfill.internal.checkpoint.LeaseStore;
import dev.backfill.internal.checkpoint.WindowKind;
import dev.backfill.internal.checkpoint.WindowRow;
import dev.backfill.internal.postgres.Key;
import dev.backfill.internal.postgres.SqlStates;
import dev.backfill.internal.postgres.TableInfo;
import dev.backfill.model.BadRowException;
import dev.backfill.model.RunFailedException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.jooq.exception.DataAccessException;
import org.jspecify.annotations.Nullable;

/** What is done about a batch that failed, by SQLSTATE. */
final class BatchFailures {
  private final BatchContext context;
  private final Retries retries;

  BatchFailures(BatchContext context) {
    this.context = context;
    this.retries = new Retries(context.options().retry());
  }

  /** How the batch is tried again. */
  enum Reaction {
    /** From the same cursor, smaller. */
    AGAIN,
    /** With half the keys, to come closer to a bad row. */
    NARROW,
    /** From wherever the checkpoint says: the commit may have happened. */
    REREAD
  }

  /** The attempts of one batch. */
  final class Attempts {
    private final WindowRow window;
    private final Retries.Attempts attempts = retries.attempts();
    private final Outages.Waits waits = context.outages().waits();
    private final TableWait tableWait = new TableWait(context);

    Attempts(WindowRow window) {
      this.window = window;
    }

    Reaction react(
        SQLException e,
        WorkerConnection connection,
        Sizer sizer,
        long keys,
        BatchEnds.@Nullable End end)
        throws SQLException, InterruptedException {
      return switch (SqlStates.classify(e)) {
        case CONTENTION -> {
          if (!tableWait.waited(connection.get(), window.leaf(), window.leafName(), e)) {
            sizer.rolledBack();
            pause(attempts, window, e);
          }
          yield Reaction.AGAIN;
        }
        case CONNECTION -> {
          reconnect(connection, attempts, window, e);
          yield Reaction.REREAD;
        }
        case EXHAUSTED -> {
          waits.pause(e);
          yield Reaction.AGAIN;
        }
        case DATA -> {
          if (end == null) {
            // The search for the batch's end failed, not a row; a smaller batch would fail there
            // too.
            throw fatal(FailureText.cause(e), window.leafName());
          }
          if (keys == 1) {
            throw badRow(e, window.leafName(), key(connection, window, end));
          }
          yield Reaction.NARROW;
        }
        case FATAL -> throw fatal(e, window.leafName());
      };
    }
  }

  Attempts attempts(WindowRow window) {
    return new Attempts(window);
  }

  /** The attempts of one piece of work on a session that cannot be lost for another. */
  final class Waits {
    private final Retries.Attempts attempts = retries.attempts();
    private final Outages.Waits waits = context.outages().waits();

    /**
     * Waits before the next attempt where others or the server were in the way; all else ends the
     * run.
     */
    void pauseOrFail(Exception e, String where) throws InterruptedException {
      switch (SqlStates.classify(e)) {
        case CONTENTION -> pause(attempts, null, e);
        case EXHAUSTED -> waits.pause(e);
        default -> throw fatal(e, where);
      }
    }
  }

  Waits waits() {
    return new Waits();
  }

  /**
   * Each loss counts as an attempt, however long the outage: the value itself may bring the server
   * down, and must not do so for ever.
   */
  private void reconnect(
      WorkerConnection connection,
      Retries.Attempts attempts,
      @Nullable WindowRow window,
      Exception e)
      throws InterruptedException {
    connection.close();
    pause(attempts, window, e);
    context.outages().await();
  }

  /** Work that reads only: repeated while connections are lost or others are in the way. */
  interface Read<T> {
    T run() throws SQLException, InterruptedException;
  }

  <T> T retried(WorkerConnection connection, Read<T> read)
      throws SQLException, InterruptedException {
    Retries.Attempts attempts = retries.attempts();
    Waits waits = waits();
    TableWait tableWait = new TableWait(context);
    TableInfo table = context.target().table();
    while (true) {
      context.control().proceed();
      try {
        return read.run();
      } catch (SQLException | DataAccessException e) {
        if (SqlStates.classify(e) == SqlStates.Kind.CONNECTION) {
          reconnect(connection, attempts, null, e);
        } else if (!tableWait.waited(connection.get(), table.oid(), table.sql(), e)) {
          waits.pauseOrFail(e, table.sql());
        }
      }
    }
  }

  /**
   * The same on a session that cannot be lost for another: whoever has it begins anew in the next.
   *
   * @param oid of the table that may be locked as a whole
   */
  <T> T repeated(Connection connection, long oid, String table, Read<T> read)
      throws SQLException, InterruptedException {
    Waits waits = waits();
    TableWait tableWait = new TableWait(context);
    while (true) {
      context.control().proceed();
      try {
        return read.run();
      } catch (SQLException | DataAccessException e) {
        if (SqlStates.classify(e) == SqlStates.Kind.CONNECTION) {
          throw e;
        }
        if (!tableWait.waited(connection, oid, table, e)) {
          waits.pauseOrFail(e, table);
        }
      }
    }
  }

  /**
   * The window as the last commit left it, whether or not we heard of that commit.
   *
   * @throws dev.backfill.model.LeaseLostException when another owner has it
   */
  WindowRow readBack(WorkerConnection connection, WindowRow window)
      throws SQLException, InterruptedException {
    return retried(
        connection,
        () ->
            context
                .windows()
                .find(connection.get(), context.lease(), window.number())
                .orElseThrow(() -> LeaseStore.lost(context.lease())));
  }

  private void pause(Retries.Attempts attempts, @Nullable WindowRow window, Exception e)
      throws InterruptedException {
    Optional<Duration> pause = attempts.failed(e);
    if (pause.isEmpty()) {
      throw new RunFailedException(
          "Run "
              + context.run()
              + " gave up after "
              + context.options().retry().maxAttempts()
              + " attempts without progress: "
              + describe(e)
              + " What is filled stays filled; start the run again to go on from there.",
          e);
    }
    context
        .events()
        .accept(
            new BackfillEvent.BatchRetried(
                context.run(),
                window == null ? 0 : window.number(),
                String.valueOf(SqlStates.state(e)),
                String.valueOf(e.getMessage()),
                pause.get()));
    context.sleeper().sleep(pause.get());
  }

  /** The key of the one row of a batch; its place where it is gone by now. */
  private List<String> key(WorkerConnection connection, WindowRow window, BatchEnds.End end)
      throws SQLException, InterruptedException {
    if (window.kind() == WindowKind.KEY) {
      return end.key();
    }
    String sql = new LeafSql(context.target(), window.leafName()).keyAt();
    return retried(
        connection,
        () ->
            BatchLimits.read(
                connection.get(),
                context.target(),
                tx -> {
                  try (PreparedStatement statement = tx.prepareStatement(sql)) {
                    Texts.bind(statement, 1, end.key());
                    return Texts.firstRow(statement).orElse(end.key());
                  }
                }));
  }

  BadRowException badRow(SQLException e, String leaf, List<String> key) {
    // DETAIL holds the row, and whoever logs the exception would log it.
    SQLException cause = FailureText.cause(e);
    return new BadRowException(
        "The row of "
            + leaf
            + " with key "
            + context.target().key().columnNames()
            + " = "
            + Key.shown(key)
            + " cannot be filled: "
            + describe(cause)
            + " Mend the row, the value or the trigger that rejects it, then start the run again:"
            + " it goes on from this row.",
        cause);
  }

  private RunFailedException fatal(Exception e, String where) {
    return new RunFailedException(
        "Run "
            + context.run()
            + " failed at "
            + where
            + ": "
            + describe(e)
            + " What is filled stays filled; once the cause is mended, start the run again to go"
            + " on.",
        e);
  }

  private static String describe(Exception e) {
    return "SQLSTATE " + SqlStates.state(e) + ", " + e.getMessage() + ".";
  }
}
