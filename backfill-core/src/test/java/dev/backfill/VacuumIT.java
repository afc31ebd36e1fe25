package dev.backfill;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backfill.event.BackfillEvent;
import dev.backfill.event.BackfillListener;
import dev.backfill.model.BackfillPlan;
import dev.backfill.model.BatchSize;
import dev.backfill.model.Contract;
import dev.backfill.model.NewRows;
import dev.backfill.model.PlannedStatement;
import dev.backfill.model.RunState;
import dev.backfill.model.Vacuum;
import dev.backfill.testing.LockHolder;
import dev.backfill.testing.PostgresTest;
import dev.backfill.testing.TestDatabase;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import javax.sql.DataSource;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** An index on the column that is filled: no update can be in place, and every row moves. */
@PostgresTest
class VacuumIT {
  private static final String VACUUMS =
      "select count(*) from pg_stat_progress_vacuum"
          + " where datname = current_database() and relid = 'events'::regclass";

  private static final int ROWS = 60_000;
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  TestDatabase database;
  private final List<BackfillEvent> events = new CopyOnWriteArrayList<>();

  @BeforeEach
  void eventsWithAnIndexOnTheColumn() {
    events.clear();
    database.execute("drop schema if exists backfill cascade", "drop table if exists events");
    create("autovacuum_enabled = off");
  }

  private void create(String storage) {
    database.execute(
        "drop table if exists events",
        "create table events (id bigint primary key, n int not null, filler text, twice bigint)"
            + " with ("
            + storage
            + ")",
        "insert into events select n, n, repeat('x', 100) from generate_series(1, " + ROWS + ") n",
        "create index events_twice on events (twice)",
        "vacuum analyze events");
  }

  private BackfillBuilder twice(Vacuum vacuum) {
    return Backfill.column("events", "twice")
        .type("bigint")
        .value("n * 2")
        .newRows(NewRows.application())
        .contract(Contract.none())
        .batchSize(BatchSize.fixed(500))
        .unthrottled()
        .vacuum(vacuum)
        .listener(events::add);
  }

  private static <E extends BackfillEvent> BackfillListener on(
      Class<E> kind, Consumer<E> reaction) {
    return event -> {
      if (kind.isInstance(event)) {
        reaction.accept(kind.cast(event));
      }
    };
  }

  private <E extends BackfillEvent> List<E> events(Class<E> kind) {
    return events.stream().filter(kind::isInstance).map(kind::cast).toList();
  }

  private long heap() {
    return database.queryLong("select pg_relation_size('events')");
  }

  private double growthWith(Vacuum vacuum, int workers) {
    create("autovacuum_enabled = off");
    long before = heap();
    twice(vacuum)
        .name("growth " + workers + vacuum)
        .workers(workers)
        .on(database.pool(workers + 1))
        .run();
    assertThat(database.queryLong("select count(*) from events where twice is distinct from n * 2"))
        .isZero();
    return (double) heap() / before;
  }

  @ParameterizedTest(name = "with {0} workers")
  @ValueSource(ints = {1, 2})
  void theTableStaysWithinItsBoundWithVacuumAndDoublesWithout(int workers) {
    assertThat(growthWith(Vacuum.off(), workers)).isGreaterThan(1.9);
    assertThat(events(BackfillEvent.Vacuumed.class)).isEmpty();

    assertThat(growthWith(Vacuum.run(0.1), workers)).isLessThan(1.4);
    assertThat(events(BackfillEvent.Vacuumed.class)).hasSizeGreaterThanOrEqualTo(5);
    assertThat(events(BackfillEvent.VacuumSkipped.class)).isEmpty();
  }

  @Test
  void settingsOfTheSessionAreAsTheyWere() throws SQLException {
    try (var pool = database.pool(2)) {
      twice(Vacuum.run(0.3)).on(pool).run();
      assertThat(events(BackfillEvent.Vacuumed.class)).isNotEmpty();
      assertThat(sessionSettings(pool)).containsOnly("0/0");
    }
  }

  private static List<String> sessionSettings(DataSource pool) throws SQLException {
    List<String> seen = new CopyOnWriteArrayList<>();
    try (var one = pool.getConnection();
        var other = pool.getConnection()) {
      for (var connection : List.of(one, other)) {
        try (var statement = connection.createStatement();
            var row =
                statement.executeQuery(
                    "select current_setting('vacuum_cost_delay') || '/'"
                        + " || current_setting('statement_timeout')")) {
          row.next();
          seen.add(row.getString(1));
        }
      }
    }
    return seen;
  }

  @Test
  void oneThatASnapshotMakesUselessIsLeftUntilTheSnapshotHasEnded() {
    try (LockHolder holder = LockHolder.snapshot(database)) {
      twice(Vacuum.run(0.1))
          .maxRowsPerSecond(15_000)
          .listener(on(BackfillEvent.VacuumSkipped.class, skipped -> holder.release()))
          .on(database.dataSource())
          .run();

      assertThat(events(BackfillEvent.VacuumSkipped.class).get(0).reason())
          .contains("session " + holder.pid());
      assertThat(events(BackfillEvent.Vacuumed.class)).isNotEmpty();
      assertThat(events.indexOf(events(BackfillEvent.VacuumSkipped.class).get(0)))
          .isLessThan(events.indexOf(events(BackfillEvent.Vacuumed.class).get(0)));
    }
  }

  @Test
  void oneThatCannotHaveItsLockIsLeft() {
    try (LockHolder holder = LockHolder.table(database, "events", "share update exclusive")) {
      assertThat(twice(Vacuum.run(0.1)).on(database.dataSource()).run().state())
          .isEqualTo(RunState.DONE);
      assertThat(holder.isAlive()).isTrue();
    }
    assertThat(events(BackfillEvent.VacuumSkipped.class))
        .isNotEmpty()
        .allMatch(skipped -> skipped.reason().contains("lock not available"));
    assertThat(events(BackfillEvent.Vacuumed.class)).isEmpty();
  }

  @ParameterizedTest(name = "{0}")
  @ValueSource(strings = {"stop", "pause"})
  void oneAtWorkEndsWhenTheRunIsTo(String request) throws InterruptedException {
    // A page in a tenth of a second: by itself it would end after minutes.
    var slow = database.unpooledWith("vacuum_cost_delay = '100ms'", "vacuum_cost_limit = '1'");
    try (BackfillRun run = twice(Vacuum.run(0.5)).on(slow).start()) {
      Awaitility.await("VACUUM to be at work")
          .atMost(PATIENCE)
          .until(
              () ->
                  database.queryLong(VACUUMS) == 1
                      && run.progress().waitingFor().filter(w -> w.contains("vacuum")).isPresent());
      if (request.equals("stop")) {
        run.stop();
        assertThat(run.await(PATIENCE).orElseThrow().state()).isEqualTo(RunState.STOPPED);
      } else {
        run.pause();
        Awaitility.await("the pause").atMost(PATIENCE).until(this::vacuumEnded);
      }
      assertThat(events(BackfillEvent.VacuumSkipped.class).get(0).reason())
          .contains("to pause or to end");
      assertThat(database.queryLong(VACUUMS)).isZero();
    }
  }

  private boolean vacuumEnded() {
    return database.queryLong(VACUUMS) == 0 && !events(BackfillEvent.VacuumSkipped.class).isEmpty();
  }

  @Test
  void batchesWaitForAutovacuum() {
    create("autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000");
    AtomicBoolean awaited = new AtomicBoolean();
    AtomicBoolean ended = new AtomicBoolean();
    // In place of autovacuum, which comes once a minute. The table is at its bound again when its
    // last row is filled.
    CompletableFuture<Void> autovacuum =
        CompletableFuture.runAsync(
            () -> {
              while (!ended.get()) {
                if (awaited.get()) {
                  database.execute("vacuum events");
                }
                LockSupport.parkNanos(Duration.ofMillis(50).toNanos());
              }
            });
    try {
      twice(Vacuum.await(0.5))
          .listener(on(BackfillEvent.VacuumAwaited.class, event -> awaited.set(true)))
          .on(database.dataSource())
          .run();
    } finally {
      ended.set(true);
    }
    assertThat(autovacuum).succeedsWithin(PATIENCE);

    List<BackfillEvent> order =
        events.stream()
            .filter(
                e ->
                    e instanceof BackfillEvent.VacuumAwaited
                        || e instanceof BackfillEvent.Vacuumed
                        || e instanceof BackfillEvent.BatchCommitted)
            .toList();
    int first = order.indexOf(events(BackfillEvent.VacuumAwaited.class).get(0));
    assertThat(order.get(first + 1)).isInstanceOf(BackfillEvent.Vacuumed.class);
    assertThat(order.subList(0, first)).as("before").isNotEmpty();
    assertThat(order.size()).as("after").isGreaterThan(first + 2);
  }

  /** Autovacuum leaves a table that somebody has locked, however many of its rows are dead. */
  private LockHolder autovacuumKeptOut() {
    create("autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000");
    return LockHolder.table(database, "events", "share update exclusive");
  }

  @Test
  void anAutovacuumThatDoesNotComeIsWaitedForUntilTheDeadlineAndNotAgain() {
    try (LockHolder holder = autovacuumKeptOut()) {
      assertThat(
              twice(Vacuum.await(0.1).withDeadline(Duration.ofSeconds(2)))
                  .on(database.dataSource())
                  .run()
                  .state())
          .isEqualTo(RunState.DONE);
      assertThat(holder.isAlive()).isTrue();
    }
    assertThat(events(BackfillEvent.VacuumAwaited.class)).hasSize(1);
    assertThat(events(BackfillEvent.VacuumSkipped.class))
        .hasSize(1)
        .allMatch(skipped -> skipped.reason().contains("did not come within 2 s"));
  }

  @ParameterizedTest(name = "{0}")
  @ValueSource(strings = {"stop", "pause"})
  void aWaitForAutovacuumEndsWith(String end) throws InterruptedException {
    try (LockHolder holder = autovacuumKeptOut();
        BackfillRun run = twice(Vacuum.await(0.1)).on(database.dataSource()).start()) {
      Awaitility.await("the wait").atMost(PATIENCE).until(() -> waitsFor(run, "vacuum of table"));
      if (end.equals("stop")) {
        run.stop();
      } else {
        run.pause();
      }
      Awaitility.await("its end")
          .atMost(PATIENCE)
          .until(() -> !events(BackfillEvent.VacuumSkipped.class).isEmpty());

      assertThat(events(BackfillEvent.VacuumSkipped.class).get(0).reason())
          .contains("to pause or to end");
      assertThat(waitsFor(run, "vacuum of table")).isFalse();
      assertThat(holder.isAlive()).isTrue();
    }
  }

  private static boolean waitsFor(BackfillRun run, String what) {
    return run.progress().waitingFor().filter(w -> w.contains(what)).isPresent();
  }

  @Test
  void nobodyWaitsForAnAutovacuumThatNeverComes() {
    twice(Vacuum.await(0.1)).on(database.dataSource()).run();

    assertThat(events(BackfillEvent.VacuumAwaited.class)).isEmpty();
    assertThat(events(BackfillEvent.VacuumSkipped.class))
        .hasSize(1)
        .allMatch(skipped -> skipped.reason().contains("autovacuum is off for the table"));
  }

  @Test
  void thePlanSaysWhatIsToCome() {
    BackfillPlan without = twice(Vacuum.off()).on(database.dataSource()).plan();
    assertThat(without.toString())
        .contains("index events_twice holds the column", "autovacuum is off", "vacuum(run(0.1))");

    BackfillPlan with = twice(Vacuum.run(0.1)).on(database.dataSource()).plan();
    assertThat(with.statements())
        .filteredOn(s -> s.sql().startsWith("vacuum ("))
        .extracting(PlannedStatement::lock)
        .containsExactly("SHARE UPDATE EXCLUSIVE");
  }
}
