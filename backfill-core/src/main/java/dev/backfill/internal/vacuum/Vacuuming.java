package dev.backfill.internal.vacuum;

import dev.backfill.event.BackfillEvent;
import dev.backfill.internal.postgres.OldestSnapshot;
import dev.backfill.internal.postgres.SqlStates;
import dev.backfill.internal.postgres.TableInfo.Leaf;
import dev.backfill.internal.postgres.TableVacuum;
import dev.backfill.internal.postgres.VacuumStatistics;
import dev.backfill.internal.postgres.WantedStatement;
import dev.backfill.internal.time.Ticker;
import dev.backfill.model.Vacuum;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.jooq.exception.DataAccessException;

/**
 * Keeps the dead rows of a run within a bound. Shared by its workers: of those at one table one at
 * a time looks and vacuums, and the others are held meanwhile once the table has reached its bound.
 *
 * <ol>
 *   <li>Rows that batches moved are counted for each table. An eighth of the bound apart, the
 *       number of the next transaction is kept with them.
 *   <li>At the bound the oldest snapshot is asked for. Where it sees half of them or more still, no
 *       vacuum removes them: that is said, and the run goes on.
 *   <li>Else the run vacuums, or waits for autovacuum, as asked for. A wait that has reached its
 *       deadline is given up until the table was vacuumed.
 * </ol>
 */
public final class Vacuuming {
  private static final Duration TURN = Duration.ofMillis(100);
  private static final Duration LOOK = Duration.ofSeconds(1);
  private static final Duration LATER = Duration.ofSeconds(30);
  // Statistics are reported a second late.
  private static final int LOOKS_BEFORE_GIVING_UP = 5;
  private static final long FEWEST = 1_000;
  private static final String UNWANTED = "the run is to pause or to end";

  private final String run;
  private final Vacuum policy;
  private final Holding holding;
  private final Consumer<BackfillEvent> events;
  private final Ticker ticker;
  private final Map<Long, TableState> tables = new ConcurrentHashMap<>();

  /** How a worker is held between two batches. */
  public interface Holding {
    /** Waits; returns false, and at once, when the run is to pause or to end. */
    boolean rest(Duration duration) throws InterruptedException;

    /** Whether a statement that takes long is to go on. */
    boolean wanted();
  }

  public Vacuuming(
      String run, Vacuum policy, Holding holding, Consumer<BackfillEvent> events, Ticker ticker) {
    this.run = run;
    this.policy = policy;
    this.holding = holding;
    this.events = events;
    this.ticker = ticker;
  }

  /** A batch was committed, and so many of its rows were not updated in place. */
  public void moved(Leaf leaf, long rows) {
    if (!(policy instanceof Vacuum.Off)) {
      state(leaf).moved(rows);
    }
  }

  private TableState state(Leaf leaf) {
    return tables.computeIfAbsent(
        leaf.oid(),
        oid ->
            new TableState(
                new DeadRows(Math.max(FEWEST, (long) (share() * leaf.estimatedRows())))));
  }

  private double share() {
    if (policy instanceof Vacuum.Run vacuum) {
      return vacuum.share();
    }
    return policy instanceof Vacuum.Await await ? await.share() : 1;
  }

  /**
   * Returns when the next batch of the table may start, or when the run is to pause or to end.
   *
   * @param connection in no transaction
   */
  public void betweenBatches(Connection connection, Leaf leaf)
      throws SQLException, InterruptedException {
    if (policy instanceof Vacuum.Off) {
      return;
    }
    TableState state = state(leaf);
    if ((state.markDue() || due(state)) && isTurn(state)) {
      try {
        look(connection, leaf, state);
      } finally {
        state.turn().unlock();
      }
    }
  }

  /** Waits for it while the table is at its bound: a mark is set by whoever looks already. */
  private boolean isTurn(TableState state) throws InterruptedException {
    while (!state.turn().tryLock()) {
      if (!due(state) || !holding.rest(TURN)) {
        return false;
      }
    }
    return true;
  }

  private boolean due(TableState state) {
    return state.due(ticker.nanos());
  }

  private void look(Connection connection, Leaf leaf, TableState state)
      throws SQLException, InterruptedException {
    VacuumWait wait = new VacuumWait(run, leaf, state, events, ticker);
    try {
      long last = ticker.nanos();
      for (int looks = 1; isAwaited(connection, wait, looks); looks++) {
        wait.begins("autovacuum");
        if (!holding.rest(LOOK)) {
          wait.skipped(UNWANTED, Duration.ZERO);
          return;
        }
        long now = ticker.nanos();
        state.waited(Duration.ofNanos(now - last));
        last = now;
      }
    } catch (Throwable e) {
      wait.brokenOff(e);
      throw e;
    }
  }

  /** Looks, and does what can be done now; whether autovacuum is waited for then. */
  private boolean isAwaited(Connection connection, VacuumWait wait, int looks) throws SQLException {
    TableState state = wait.state();
    OldestSnapshot.Horizon horizon = OldestSnapshot.horizon(connection);
    VacuumStatistics statistics = VacuumStatistics.of(connection, wait.leaf().oid());
    long removable = state.counted(horizon, statistics);
    if (!due(state)) {
      wait.vacuumed("autovacuum");
      return false;
    }
    if (removable < state.bound() / 2) {
      wait.skipped("the oldest snapshot sees the rows: " + OldestSnapshot.holder(connection), LOOK);
      return false;
    }
    if (policy instanceof Vacuum.Await await) {
      return isAwaited(await, statistics, wait, looks);
    }
    vacuum(connection, wait, removable);
    return false;
  }

  private boolean isAwaited(
      Vacuum.Await await, VacuumStatistics statistics, VacuumWait wait, int looks) {
    TableState state = wait.state();
    if (statistics.automatic() && state.rows() <= statistics.threshold()) {
      wait.early("autovacuum comes above %d dead rows".formatted(statistics.threshold()), LOOK);
      return false;
    }
    if (state.givenUp()) {
      state.lookAgainAt(ticker.nanos() + LATER.toNanos());
      return false;
    }
    Optional<String> never = neverComes(statistics);
    if (never.isPresent() && (!statistics.automatic() || looks > LOOKS_BEFORE_GIVING_UP)) {
      wait.skipped(never.get(), LATER);
      return false;
    }
    if (state.waited().compareTo(await.deadline()) >= 0) {
      state.giveUp();
      wait.skipped(late(await, statistics), LATER);
      return false;
    }
    return true;
  }

  private static Optional<String> neverComes(VacuumStatistics statistics) {
    if (!statistics.automatic()) {
      return Optional.of(
          "autovacuum is off for the table: switch it on, or let the run vacuum, vacuum(run(...))");
    }
    return statistics.deadRows() > statistics.threshold() || statistics.atWork()
        ? Optional.empty()
        : Optional.of(
            "autovacuum comes above %d dead rows and counts %d: lower autovacuum_vacuum_scale_factor of the table, or let the run vacuum, vacuum(run(...))"
                .formatted(statistics.threshold(), statistics.deadRows()));
  }

  private static String late(Vacuum.Await await, VacuumStatistics statistics) {
    return "autovacuum %s within %d s, the deadline of await(...), and is not waited for again until it has been there: %s, or let the run vacuum, vacuum(run(...))"
        .formatted(
            statistics.atWork()
                ? "is at the table and was not done"
                : statistics.hidden() ? "did not come, or was not done" : "did not come",
            await.deadline().toSeconds(),
            statistics.hidden() && !statistics.atWork()
                ? "a vacuum is at work, but this role may not see of which table, GRANT pg_read_all_stats to it to know"
                : "see whether its workers are busy elsewhere or somebody has the table locked");
  }

  private void vacuum(Connection connection, VacuumWait wait, long removable) throws SQLException {
    wait.begins("this run");
    Thread worker = Thread.currentThread();
    try {
      Optional<String> refusal =
          TableVacuum.run(
              connection, wait.leaf().sql(), () -> holding.wanted() && !worker.isInterrupted());
      if (refusal.isPresent()) {
        wait.skipped(refusal.get(), LATER);
        return;
      }
      wait.state().vacuumedByUs(removable);
      wait.vacuumed("this run");
    } catch (WantedStatement.Unwanted e) {
      wait.skipped(UNWANTED, Duration.ZERO);
    } catch (SQLException | DataAccessException e) {
      if (SqlStates.classify(e) == SqlStates.Kind.CONNECTION) {
        throw e;
      }
      wait.skipped(String.valueOf(SqlStates.message(e)), LATER);
    }
  }
}
