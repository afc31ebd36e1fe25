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
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jooq.exception.DataAccessException;

/**
 * Keeps the dead rows of a run within a bound. Shared by its workers: one at a time looks and
 * vacuums, and those whose table has reached its bound are held meanwhile.
 *
 * <ol>
 *   <li>Rows that batches moved are counted for each table. An eighth of the bound apart, the
 *       number of the next transaction is kept with them.
 *   <li>At the bound the oldest snapshot is asked for. Where it sees half of them or more still, no
 *       vacuum removes them: that is said, and the run goes on.
 *   <li>Else the run vacuums, or waits for autovacuum, as asked for.
 * </ol>
 */
public final class Vacuuming {
  private static final Duration LOOK = Duration.ofSeconds(1);
  private static final Duration LATER = Duration.ofSeconds(30);
  // Statistics are reported a second late.
  private static final int LOOKS_BEFORE_GIVING_UP = 5;
  private static final long FEWEST = 1_000;

  private final String run;
  private final Vacuum policy;
  private final Holding holding;
  private final Consumer<BackfillEvent> events;
  private final Ticker ticker;
  private final ReentrantLock turn = new ReentrantLock();
  private final Map<Long, State> tables = new HashMap<>();

  /** How a worker is held between two batches. */
  public interface Holding {
    /** Waits; ends by exception when the worker is to end. Returns late when the run is paused. */
    void rest(Duration duration) throws InterruptedException;

    /** Whether a statement that takes long is to go on. */
    boolean wanted();
  }

  private static final class State {
    private final DeadRows dead;
    private long vacuums = -1;
    private long nextLook = Long.MIN_VALUE;
    private boolean told;

    State(DeadRows dead) {
      this.dead = dead;
    }
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
    if (policy instanceof Vacuum.Off) {
      return;
    }
    synchronized (tables) {
      state(leaf).dead.add(rows);
    }
  }

  private State state(Leaf leaf) {
    return tables.computeIfAbsent(
        leaf.oid(),
        oid -> new State(new DeadRows(Math.max(FEWEST, (long) (share() * leaf.estimatedRows())))));
  }

  private double share() {
    if (policy instanceof Vacuum.Run vacuum) {
      return vacuum.share();
    }
    return policy instanceof Vacuum.Await await ? await.share() : 1;
  }

  /**
   * Returns when the next batch of the table may start.
   *
   * @param connection in no transaction
   */
  public void betweenBatches(Connection connection, Leaf leaf)
      throws SQLException, InterruptedException {
    if (policy instanceof Vacuum.Off) {
      return;
    }
    State state;
    boolean look;
    synchronized (tables) {
      state = state(leaf);
      look = state.dead.markDue() || due(state);
    }
    if (!look) {
      return;
    }
    while (!turn.tryLock()) {
      holding.rest(LOOK.dividedBy(10));
    }
    try {
      look(connection, leaf, state);
    } finally {
      turn.unlock();
    }
  }

  private void look(Connection connection, Leaf leaf, State state)
      throws SQLException, InterruptedException {
    long begun = ticker.nanos();
    boolean held = false;
    for (int looks = 1; ; looks++) {
      OldestSnapshot.Horizon horizon = OldestSnapshot.horizon(connection);
      VacuumStatistics statistics = VacuumStatistics.of(connection, leaf.oid());
      long removable = counted(state, horizon, statistics);
      if (!due(state)) {
        if (held) {
          vacuumed(leaf, state, "autovacuum", begun);
        }
        return;
      }
      if (removable < state.dead.bound() / 2) {
        String holder = OldestSnapshot.holder(connection);
        skipped(leaf, state, "the oldest snapshot sees the rows: " + holder, LOOK, held);
        return;
      }
      if (policy instanceof Vacuum.Run) {
        vacuum(connection, leaf, state, removable);
        return;
      }
      if (statistics.automatic() && rows(state) <= statistics.threshold()) {
        lookAgainIn(LOOK, state);
        return;
      }
      Optional<String> never = neverComes(statistics);
      if (never.isPresent() && (!statistics.automatic() || looks > LOOKS_BEFORE_GIVING_UP)) {
        skipped(leaf, state, never.get(), LATER, held);
        return;
      }
      if (!held) {
        held = true;
        awaited(leaf, state, "autovacuum");
      }
      holding.rest(LOOK);
    }
  }

  /** Counts anew, and returns how many rows a vacuum would remove. */
  private long counted(State state, OldestSnapshot.Horizon horizon, VacuumStatistics statistics) {
    synchronized (tables) {
      if (state.vacuums >= 0 && statistics.vacuums() > state.vacuums) {
        // Somebody has vacuumed it: no more are dead than the statistics have.
        state.dead.removed(Math.max(0, state.dead.rows() - statistics.deadRows()));
      }
      state.vacuums = statistics.vacuums();
      if (state.dead.markDue()) {
        state.dead.mark(horizon.next());
      }
      return state.dead.removable(horizon.oldest());
    }
  }

  private boolean due(State state) {
    synchronized (tables) {
      return state.dead.due()
          && (state.nextLook == Long.MIN_VALUE || ticker.nanos() - state.nextLook >= 0);
    }
  }

  private long rows(State state) {
    synchronized (tables) {
      return state.dead.rows();
    }
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

  private void vacuum(Connection connection, Leaf leaf, State state, long removable)
      throws SQLException {
    long begun = ticker.nanos();
    awaited(leaf, state, "this run");
    Thread worker = Thread.currentThread();
    try {
      Optional<String> refusal =
          TableVacuum.run(
              connection, leaf.sql(), () -> holding.wanted() && !worker.isInterrupted());
      if (refusal.isPresent()) {
        skipped(leaf, state, refusal.get(), LATER, true);
        return;
      }
      synchronized (tables) {
        state.dead.removed(removable);
        // What the server counts now is this one; it may tell so a moment later.
        state.vacuums = -1;
      }
      vacuumed(leaf, state, "this run", begun);
    } catch (WantedStatement.Unwanted e) {
      skipped(leaf, state, "the run is to pause or to end", Duration.ZERO, true);
    } catch (SQLException | DataAccessException e) {
      if (SqlStates.classify(e) == SqlStates.Kind.CONNECTION) {
        throw e;
      }
      skipped(leaf, state, String.valueOf(e.getMessage()), LATER, true);
    }
  }

  private void awaited(Leaf leaf, State state, String by) {
    events.accept(new BackfillEvent.VacuumAwaited(run, leaf.sql(), rows(state), by));
  }

  private void vacuumed(Leaf leaf, State state, String by, long begun) {
    synchronized (tables) {
      state.told = false;
    }
    events.accept(
        new BackfillEvent.Vacuumed(run, leaf.sql(), by, Duration.ofNanos(ticker.nanos() - begun)));
  }

  /**
   * Said once until it is vacuumed again, unless it was said that it is waited for.
   *
   * @param awaited whether that was said
   */
  private void skipped(Leaf leaf, State state, String reason, Duration nextLook, boolean awaited) {
    lookAgainIn(nextLook, state);
    boolean first;
    synchronized (tables) {
      first = !state.told;
      state.told = true;
    }
    if (first || awaited) {
      events.accept(new BackfillEvent.VacuumSkipped(run, leaf.sql(), rows(state), reason));
    }
  }

  private void lookAgainIn(Duration pause, State state) {
    synchronized (tables) {
      state.nextLook = ticker.nanos() + pause.toNanos();
    }
  }
}
