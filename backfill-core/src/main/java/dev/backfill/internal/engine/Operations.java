package dev.backfill.internal.engine;

import dev.backfill.internal.checkpoint.QuarantineStore;
import dev.backfill.internal.checkpoint.RunRow;
import dev.backfill.internal.checkpoint.RunStore;
import dev.backfill.internal.checkpoint.StateSchema;
import dev.backfill.internal.checkpoint.VerificationRow;
import dev.backfill.internal.checkpoint.VerificationStore;
import dev.backfill.internal.checkpoint.WindowStore;
import dev.backfill.internal.postgres.Borrowed;
import dev.backfill.internal.time.Sleeper;
import dev.backfill.internal.time.Ticker;
import dev.backfill.model.BackfillException;
import dev.backfill.model.Phase;
import dev.backfill.model.QuarantinedRow;
import dev.backfill.model.RunEvent;
import dev.backfill.model.RunFailedException;
import dev.backfill.model.RunStatus;
import dev.backfill.model.VerificationStatus;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import javax.sql.DataSource;
import org.jooq.exception.DataAccessException;

/**
 * What operators may see and ask for, in the state tables only: the owner does the rest, but for a
 * run that is to be abandoned and has none.
 */
public final class Operations {
  private final DataSource dataSource;
  private final String stateSchema;
  private final RunStore runs;
  private final WindowStore windows;
  private final VerificationStore verifications;
  private final QuarantineStore quarantine;

  public Operations(DataSource dataSource, String stateSchema) {
    this.dataSource = dataSource;
    this.stateSchema = stateSchema;
    this.runs = new RunStore(stateSchema);
    this.windows = new WindowStore(stateSchema);
    this.verifications = new VerificationStore(stateSchema);
    this.quarantine = new QuarantineStore(stateSchema);
  }

  public List<RunStatus> list() {
    return call(
        c -> {
          StateSchema state = state();
          state.requireTrusted(c);
          return state.exists(c) ? runs.all(c).stream().map(r -> status(c, r)).toList() : List.of();
        });
  }

  /**
   * Whether there are state tables, as there are none before the first run. Asked before anything
   * is read of them: what is called a table there may be a view.
   */
  private boolean exists(Connection connection, String run) {
    StateSchema state = state();
    state.requireTrusted(connection, run);
    return state.exists(connection);
  }

  private StateSchema state() {
    return new StateSchema(stateSchema, Sleeper.system());
  }

  private RunStatus status(Connection connection, RunRow run) {
    boolean alive = run.leaseLeft().filter(left -> left.compareTo(Duration.ZERO) > 0).isPresent();
    return new RunStatus(
        run.name(),
        run.tableName(),
        run.columnName(),
        run.phase(),
        run.state(),
        windows.totals(connection, run.name()).rows() + run.sweptRows(),
        quarantine.count(connection, run.name()),
        run.owner(),
        alive,
        run.requestedAction(),
        run.lastError(),
        // What an owner that was killed has left there is no longer so.
        run.waitingFor().filter(reason -> alive),
        run.waitingSince().filter(since -> alive),
        run.phase() == Phase.CONTRACT || run.phase() == Phase.DONE ? 1 : run.shareDone(),
        run.remaining().filter(left -> alive));
  }

  public List<RunEvent> history(String run, int limit) {
    return call(
        c -> {
          require(run, exists(c, run) && runs.find(c, run).isPresent());
          return runs.history(c, run, limit);
        });
  }

  public Optional<VerificationStatus> verification(String run) {
    return call(
        c -> {
          require(run, exists(c, run) && runs.find(c, run).isPresent());
          return verifications.existIn(c)
              ? verifications.find(c, run).map(row -> verification(c, row))
              : Optional.empty();
        });
  }

  private VerificationStatus verification(Connection connection, VerificationRow row) {
    boolean alive = row.leaseLeft().filter(left -> left.compareTo(Duration.ZERO) > 0).isPresent();
    return new VerificationStatus(
        row.run(),
        row.shareDone(),
        row.compared().rows(),
        row.compared().unfilled(),
        row.compared().different(),
        verifications.differences(connection, row.run()),
        row.owner(),
        alive,
        row.waitingFor().filter(reason -> alive),
        row.startedAt(),
        row.updatedAt(),
        row.finishedAt());
  }

  public List<QuarantinedRow> quarantined(String run, int limit) {
    return call(
        c -> {
          require(run, exists(c, run) && runs.find(c, run).isPresent());
          return quarantine.rows(c, run, limit);
        });
  }

  public Map<String, Long> quarantinedBySqlState(String run) {
    return call(
        c -> {
          require(run, exists(c, run) && runs.find(c, run).isPresent());
          return quarantine.bySqlState(c, run);
        });
  }

  public void request(String run, String action) {
    require(run, call(c -> exists(c, run) && runs.request(c, run, action)));
  }

  public void retune(String run, String setting, double value) {
    Retuning.requireAboveZero(setting, value);
    require(run, call(c -> exists(c, run) && runs.retune(c, run, setting, value)));
  }

  public void approveContract(String run) {
    require(run, call(c -> exists(c, run) && runs.approveContract(c, run)));
  }

  /** Returns when the run is abandoned, be it by its owner or here. */
  public void abandon(String run, boolean keepColumn) throws InterruptedException {
    try {
      require(
          run,
          new AbandonByOperator(dataSource, stateSchema, Ticker.system(), Sleeper.system())
              .abandon(run, keepColumn));
    } catch (SQLException | DataAccessException e) {
      throw new RunFailedException(
          "Run "
              + run
              + " is not abandoned yet: "
              + e.getMessage()
              + ". Once the cause is mended, abandon it again: it goes on from there.",
          e);
    }
  }

  private void require(String run, boolean found) {
    if (!found) {
      throw new BackfillException(
          "There is no run named "
              + run
              + " in schema "
              + stateSchema
              + ". Nothing was changed. list() shows the runs there are.");
    }
  }

  private interface Query<T> {
    T on(Connection connection) throws SQLException;
  }

  private <T> T call(Query<T> query) {
    try (Borrowed borrowed = Borrowed.from(dataSource)) {
      return query.on(borrowed.connection());
    } catch (SQLException | DataAccessException e) {
      throw new RunFailedException(
          "The state tables could not be reached: " + e.getMessage() + ". Try again.", e);
    }
  }
}
