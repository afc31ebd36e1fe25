package dev.backfill;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.backfill.event.BackfillEvent;
import dev.backfill.model.BackfillException;
import dev.backfill.model.BackfillResult;
import dev.backfill.model.BatchSize;
import dev.backfill.model.Contract;
import dev.backfill.model.NewRows;
import dev.backfill.model.Phase;
import dev.backfill.model.RunEvent;
import dev.backfill.model.RunState;
import dev.backfill.model.RunStatus;
import dev.backfill.testing.ChildJvm;
import dev.backfill.testing.LockHolder;
import dev.backfill.testing.PostgresTest;
import dev.backfill.testing.TestDatabase;
import dev.backfill.testing.Traffic;
import dev.backfill.testing.UpdateAudit;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Giving a run up: what it made goes, what it found stays. */
@PostgresTest
class AbandonIT {
  private static final String RUN = "public.orders.status_code";
  private static final String VALUE =
      "case when shipped_at is null then 'pending' else 'shipped' end";
  private static final int ROWS = 20_000;
  private static final Duration PATIENCE = Duration.ofMinutes(2);
  private static final String BY_SQL =
      "update backfill.run set requested_action = 'abandon'"
          + " where name = ? and phase <> 'DONE' and state <> 'ABANDONED'";

  TestDatabase database;

  private final CountDownLatch firstBatch = new CountDownLatch(1);
  private final CountDownLatch ddlWaits = new CountDownLatch(1);
  private final CountDownLatch waitsForOwner = new CountDownLatch(1);
  private final CountDownLatch abandoned = new CountDownLatch(1);

  /** How an operator asks. */
  enum Way {
    CALL,
    SQL;

    void abandon(TestDatabase database) {
      if (this == CALL) {
        Backfills.on(database.dataSource()).abandon(RUN);
      } else {
        assertThat(database.update(BY_SQL, RUN)).isEqualTo(1);
      }
    }
  }

  @BeforeEach
  void orders() {
    database.execute(
        "drop schema if exists backfill cascade", "drop table if exists orders cascade");
    database.ordersTable(ROWS);
  }

  private BackfillBuilder statusCode() {
    return Backfill.column("orders", "status_code")
        .type("text")
        .value(VALUE)
        .batchSize(BatchSize.fixed(100))
        .listener(this::heard);
  }

  private BackfillBuilder slowly() {
    return statusCode().maxRowsPerSecond(1_000);
  }

  private BackfillBuilder tellingThatItWaitsToDrop(CountDownLatch waits) {
    return slowly()
        .listener(
            event -> {
              if (event instanceof BackfillEvent.DdlWaiting waiting
                  && waiting.sql().contains("drop")) {
                waits.countDown();
              }
            });
  }

  private void heard(BackfillEvent event) {
    if (event instanceof BackfillEvent.BatchCommitted) {
      firstBatch.countDown();
    } else if (event instanceof BackfillEvent.DdlWaiting) {
      ddlWaits.countDown();
    } else if (event instanceof BackfillEvent.WaitingForOwner) {
      waitsForOwner.countDown();
    } else if (event instanceof BackfillEvent.RunAbandoned) {
      abandoned.countDown();
    }
  }

  private static void await(CountDownLatch latch) throws InterruptedException {
    assertThat(latch.await(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
  }

  private Backfills operators() {
    return Backfills.on(database.dataSource());
  }

  private RunStatus status() {
    return operators().list().get(0);
  }

  private String lastOfHistory() {
    RunEvent last = operators().history(RUN).get(0);
    assertThat(last.kind()).isEqualTo("abandoned");
    return last.detail();
  }

  private static BackfillResult end(BackfillRun run) throws InterruptedException {
    return run.await(PATIENCE).orElseThrow();
  }

  private void stopInTheMiddle(BackfillBuilder definition) throws Exception {
    try (BackfillRun run = definition.on(database.dataSource()).start()) {
      await(firstBatch);
      run.stop();
      assertThat(end(run).state()).isEqualTo(RunState.STOPPED);
    }
  }

  private long columns(String table) {
    return database.queryLong(
        "select count(*) from pg_attribute where attrelid = ?::regclass"
            + " and attname = 'status_code' and not attisdropped",
        table);
  }

  /** Names of triggers anywhere and of functions beside the state. */
  private List<String> covers() {
    return database.queryStrings(
        "select tgname from pg_trigger where not tgisinternal and tgname <> 'fixture_audit'"
            + " union all select proname from pg_proc where pronamespace = 'backfill'::regnamespace");
  }

  private void assertNothingIsLeft() {
    assertThat(columns("orders")).isZero();
    assertThat(covers()).isEmpty();
    assertThat(status())
        .satisfies(
            run -> {
              assertThat(run.state()).isEqualTo(RunState.ABANDONED);
              assertThat(run.owner()).isEmpty();
              assertThat(run.alive()).isFalse();
              assertThat(run.requestedAction()).isEmpty();
            });
    assertThat(database.queryLong("select count(*) from backfill.run_window")).isZero();
  }

  private void assertTheNextStartBeginsAnew(long epoch) {
    BackfillResult again = statusCode().on(database.dataSource()).run();
    assertThat(again.state()).isEqualTo(RunState.DONE);
    assertThat(again.rows()).isEqualTo(ROWS);
    assertThat(again.notNull()).isTrue();
    assertThat(database.queryLong("select epoch from backfill.run")).isEqualTo(epoch);
    assertThat(operators().history(RUN))
        .filteredOn(event -> event.detail().equals("epoch " + epoch))
        .extracting(RunEvent::kind)
        .containsExactly("started");
  }

  @Nested
  class ByItsOwner {
    @ParameterizedTest
    @EnumSource
    @DisplayName("an owner at work ends after its batch and takes everything away")
    void inTheMiddle(Way way) throws Exception {
      try (BackfillRun run = slowly().on(database.dataSource()).start()) {
        await(firstBatch);
        way.abandon(database);
        assertThat(end(run).state()).isEqualTo(RunState.ABANDONED);
        assertThat(run.progress().state()).isEqualTo(RunState.ABANDONED);
        await(abandoned);
      }
      assertNothingIsLeft();
      assertThat(lastOfHistory())
          .contains("trigger \"~~backfill_insert_status_code\"")
          .contains("function \"backfill\"")
          .contains("column \"status_code\"");
      assertThat(database.queryLong("select epoch from backfill.run")).isOne();
      assertTheNextStartBeginsAnew(2);
    }

    @Test
    @DisplayName("while it waits to add the column, nothing is there to take away")
    void inExpand() throws Exception {
      try (LockHolder reader = LockHolder.reader(database, "orders");
          BackfillRun run = slowly().on(database.dataSource()).start()) {
        await(ddlWaits);
        operators().abandon(RUN);
        assertThat(end(run).state()).isEqualTo(RunState.ABANDONED);
        assertThat(reader.pid()).isPositive();
      }
      assertNothingIsLeft();
      assertThat(lastOfHistory()).contains("nothing was dropped");
    }

    @Test
    @DisplayName("a paused one is abandoned, and a node that waits for it stops")
    void pausedAndAwaited() throws Exception {
      try (BackfillRun run = slowly().on(database.dataSource()).start()) {
        await(firstBatch);
        run.pause();
        try (BackfillRun other = slowly().on(database.dataSource()).start()) {
          await(waitsForOwner);
          operators().abandon(RUN);
          assertThat(end(run).state()).isEqualTo(RunState.ABANDONED);
          assertThat(end(other).state()).isEqualTo(RunState.ABANDONED);
        }
      }
      assertNothingIsLeft();
    }

    @Test
    @DisplayName("a stop ends its wait for the lock, and the run can be resumed")
    void isTakenBackByAStop() throws Exception {
      CountDownLatch waitsAgain = new CountDownLatch(1);
      BackfillBuilder definition = tellingThatItWaitsToDrop(waitsAgain);
      try (BackfillRun run = definition.on(database.dataSource()).start()) {
        await(firstBatch);
        try (LockHolder reader = LockHolder.reader(database, "orders")) {
          Way.SQL.abandon(database);
          await(waitsAgain);
          operators().stop(RUN);
          assertThat(end(run).state()).isEqualTo(RunState.STOPPED);
          assertThat(reader.pid()).isPositive();
        }
      }
      assertThat(columns("orders")).isOne();
      assertThat(statusCode().on(database.dataSource()).run().state()).isEqualTo(RunState.DONE);
    }

    @Test
    @DisplayName("that the column is to be kept is heard while it waits for the lock to drop it")
    void keepsTheColumnThatItWasToDrop() throws Exception {
      CountDownLatch waitsToDrop = new CountDownLatch(1);
      BackfillBuilder definition = tellingThatItWaitsToDrop(waitsToDrop);
      try (BackfillRun run = definition.on(database.dataSource()).start()) {
        await(firstBatch);
        CompletableFuture<Void> keeping;
        try (LockHolder reader = LockHolder.reader(database, "orders")) {
          Way.SQL.abandon(database);
          await(waitsToDrop);
          keeping = CompletableFuture.runAsync(() -> operators().abandonKeepingColumn(RUN));
          Awaitility.await()
              .atMost(PATIENCE)
              .until(() -> database.queryString("select added_attnum from backfill.run") == null);
          assertThat(reader.pid()).isPositive();
        }
        keeping.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
        assertThat(run.completion()).failsWithin(PATIENCE);
      }
      assertThat(columns("orders")).isOne();
      assertThat(status().state()).isEqualTo(RunState.ABANDONED);
    }

    @Test
    @DisplayName("a table that has taken the name while it waited for the lock keeps its column")
    void leavesAnotherTableOfTheNameAlone() throws Exception {
      database.execute(
          "drop table if exists orders_new", "create table orders_new (id int, status_code text)");
      CountDownLatch waitsToDrop = new CountDownLatch(1);
      BackfillBuilder definition = tellingThatItWaitsToDrop(waitsToDrop);
      try (BackfillRun run = definition.on(database.dataSource()).start()) {
        await(firstBatch);
        CompletableFuture<Void> swap;
        try (LockHolder reader = LockHolder.reader(database, "orders")) {
          Way.SQL.abandon(database);
          await(waitsToDrop);
          swap = CompletableFuture.runAsync(this::swapTables);
          Awaitility.await()
              .atMost(PATIENCE)
              .until(
                  () ->
                      database.queryLong(
                              "select count(*) from pg_locks where not granted"
                                  + " and relation = 'orders'::regclass"
                                  + " and mode = 'AccessExclusiveLock'")
                          > 0);
          assertThat(reader.pid()).isPositive();
        }
        swap.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
        assertThat(run.completion()).failsWithin(PATIENCE);
      }
      assertThat(columns("orders")).isOne();
      assertThat(columns("orders_old")).isOne();
      database.execute("drop table orders_old");
    }

    private void swapTables() {
      try (Connection connection = database.direct().getConnection();
          Statement statement = connection.createStatement()) {
        connection.setAutoCommit(false);
        statement.execute("alter table orders rename to orders_old");
        statement.execute("alter table orders_new rename to orders");
        connection.commit();
      } catch (SQLException e) {
        throw new IllegalStateException(e);
      }
    }

    @Test
    @DisplayName("beside twelve busy clients, of whom no statement fails")
    void besideTraffic() throws Exception {
      try (Traffic traffic = Traffic.on(database).writers(12).onlyOldCode().start()) {
        traffic.awaitEach(3);
        try (BackfillRun run = slowly().on(database.dataSource()).start()) {
          await(firstBatch);
          operators().abandon(RUN);
          assertThat(end(run).state()).isEqualTo(RunState.ABANDONED);
        }
        traffic.awaitEach(3);
        traffic.stop();
        assertThat(traffic.errors()).isEmpty();
      }
      assertNothingIsLeft();
    }
  }

  @Nested
  class WithoutAnOwner {
    private ChildJvm application() throws Exception {
      return ChildJvm.start(CrashingApplication.class, database.url(), "1");
    }

    @Test
    void whoCallsTakesItAway() throws Exception {
      stopInTheMiddle(slowly());
      operators().abandon(RUN);
      assertNothingIsLeft();
      assertThat(database.queryLong("select epoch from backfill.run")).isEqualTo(2);
      // Once more changes nothing.
      operators().abandon(RUN);
      assertThat(database.queryLong("select epoch from backfill.run")).isEqualTo(2);
      assertTheNextStartBeginsAnew(3);
    }

    @Test
    @DisplayName("asked for by SQL, it is carried out by the next start, whatever its definition")
    void byTheNextStart() throws Exception {
      stopInTheMiddle(slowly());
      Way.SQL.abandon(database);
      BackfillBuilder another = statusCode().name(RUN).where("id > 5").contract(Contract.NONE);
      assertThat(another.on(database.dataSource()).run().state()).isEqualTo(RunState.ABANDONED);
      assertNothingIsLeft();
      assertThat(another.on(database.dataSource()).run().state()).isEqualTo(RunState.DONE);
    }

    @Test
    @DisplayName("in another process: alive it does it itself, killed it is taken over")
    void inAnotherProcess() throws Exception {
      try (ChildJvm application = application()) {
        application.awaitLine("batch", PATIENCE);
        operators().abandon(RUN);
        application.awaitLine("finished", PATIENCE);
      }
      assertNothingIsLeft();
      assertThat(database.queryLong("select epoch from backfill.run")).isOne();
      try (ChildJvm application = application()) {
        application.awaitLine("batch", PATIENCE);
        application.killHard();
      }
      operators().abandon(RUN);
      assertNothingIsLeft();
      assertThat(database.queryLong("select epoch from backfill.run")).isEqualTo(3);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    @DisplayName(
        "killed between the table's part and the state's, it is finished by call and by start")
    void killedInTheMiddle(boolean byStart) throws Exception {
      try (ChildJvm application = application()) {
        application.awaitLine("batch", PATIENCE);
        try (LockHolder inTheWay = LockHolder.rows(database, "backfill.run_window", "true")) {
          Way.SQL.abandon(database);
          Awaitility.await().atMost(PATIENCE).until(() -> columns("orders") == 0);
          application.killHard();
          assertThat(inTheWay.pid()).isPositive();
        }
      }
      assertThat(status().state()).isEqualTo(RunState.RUNNING);
      if (byStart) {
        assertThat(statusCode().on(database.dataSource()).run().state())
            .isEqualTo(RunState.ABANDONED);
      } else {
        operators().abandon(RUN);
      }
      assertNothingIsLeft();
    }

    @Test
    @DisplayName("an owner that wakes up after it writes nothing, though the run has begun anew")
    void theSleeperIsFenced() throws Exception {
      UpdateAudit audit = UpdateAudit.install(database, "orders", "status_code");
      try (ChildJvm frozen = application()) {
        frozen.awaitLine("batch", PATIENCE);
        frozen.suspend();
        operators().abandonKeepingColumn(RUN);
        assertThat(status().state()).isEqualTo(RunState.ABANDONED);
        assertThat(statusCode().on(database.dataSource()).run().state()).isEqualTo(RunState.DONE);
        frozen.resume();
        frozen.awaitLine("another one has taken it over", PATIENCE);
      }
      audit.assertEachRowOnce(ROWS);
      assertThat(status().state()).isEqualTo(RunState.DONE);
      assertThat(operators().history(RUN)).extracting(RunEvent::kind).startsWith("done");
    }
  }

  @Nested
  class KeepsWhatIsNotItsOwn {
    @Test
    @DisplayName("the column when told to, also when the call is repeated without")
    void theColumnWhenToldTo() throws Exception {
      stopInTheMiddle(slowly());
      long filled = database.queryLong("select count(status_code) from orders");
      operators().abandonKeepingColumn(RUN);
      operators().abandon(RUN);
      assertThat(covers()).isEmpty();
      assertThat(database.queryLong("select count(status_code) from orders"))
          .isEqualTo(filled)
          .isPositive();
      assertThat(lastOfHistory()).contains("kept column \"status_code\"");
    }

    @Test
    @DisplayName("a column that was there before, less the default that the run gave it")
    void aColumnThatWasThere() throws Exception {
      database.execute("alter table orders add status_code text");
      stopInTheMiddle(constant());
      assertThat(defaultOfColumn()).contains("pending");
      operators().abandon(RUN);
      assertThat(defaultOfColumn()).isNull();
      assertThat(database.queryLong("select count(status_code) from orders")).isPositive();
    }

    @ParameterizedTest
    @ValueSource(strings = {"before", "meanwhile"})
    @DisplayName("a default that the user has set, be it the same expression")
    void aDefaultOfTheUser(String when) throws Exception {
      database.execute("alter table orders add status_code text");
      String set = "alter table orders alter status_code set default 'pending'";
      if (when.equals("before")) {
        database.execute(set);
      }
      stopInTheMiddle(constant());
      if (when.equals("meanwhile")) {
        database.execute(set);
      }
      operators().abandon(RUN);
      assertThat(defaultOfColumn()).contains("pending");
    }

    @Test
    @DisplayName(
        "triggers of the user, be they called as the run's, and a column in another's place")
    void triggersOfTheUser() throws Exception {
      database.execute(
          "create or replace function mine() returns trigger language plpgsql as"
              + " $$ begin return new; end $$",
          "create trigger \"~~backfill_insert_status_code\" before insert on orders"
              + " for each row execute function mine()",
          "create trigger mine before update on orders for each row execute function mine()");
      stopInTheMiddle(slowly().newRows(NewRows.APPLICATION));
      database.execute(
          "alter table orders drop status_code", "alter table orders add status_code text");
      operators().abandon(RUN);
      assertThat(covers()).containsExactlyInAnyOrder("~~backfill_insert_status_code", "mine");
      assertThat(columns("orders")).isOne();
      assertThat(lastOfHistory()).contains("is not the one that the run added");
    }

    @Test
    @DisplayName("the cover when a NOT NULL stays, since writes without a value would fail")
    void theCoverOfAConstraintThatStays() {
      awaitingApproval();
      database.execute("alter table orders alter status_code set not null");
      operators().abandonKeepingColumn(RUN);
      assertThat(covers()).isNotEmpty();
      database.execute("insert into orders (customer_id, amount) values (1, 1)");
      assertThat(lastOfHistory()).contains("kept what covers new rows");
    }

    private BackfillBuilder constant() {
      return Backfill.column("orders", "status_code")
          .type("text")
          .constant("pending")
          .batchSize(BatchSize.fixed(100))
          .maxRowsPerSecond(1_000)
          .listener(AbandonIT.this::heard);
    }

    private String defaultOfColumn() {
      return database.queryString(
          "select pg_get_expr(d.adbin, d.adrelid) from pg_attribute a left join pg_attrdef d"
              + " on d.adrelid = a.attrelid and d.adnum = a.attnum"
              + " where a.attrelid = 'orders'::regclass and a.attname = 'status_code'");
    }
  }

  private void awaitingApproval() {
    assertThat(
            statusCode()
                .maxRowsPerSecond(1_000_000)
                .contract(Contract.manual())
                .on(database.dataSource())
                .run()
                .state())
        .isEqualTo(RunState.AWAITING_APPROVAL);
  }

  @Test
  @DisplayName("a constraint that a contract has left half way goes before the cover")
  void halfAContract() {
    awaitingApproval();
    database.execute(
        "alter table orders add constraint backfill_status_code_not_null "
            + (database.serverMajor() >= 18
                ? "not null status_code not valid"
                : "check (status_code is not null) not valid"));
    operators().abandonKeepingColumn(RUN);
    assertThat(covers()).isEmpty();
    database.execute("insert into orders (customer_id, amount) values (1, 1)");
    assertThat(lastOfHistory()).contains("constraint \"backfill_status_code_not_null\"");
  }

  @Test
  @DisplayName("on a partitioned table, the partitions included")
  void aPartitionedTable() throws Exception {
    database.execute(
        "drop table orders cascade",
        "create table orders (id bigint primary key, shipped_at timestamptz) partition by range (id)",
        "create table orders_1 partition of orders for values from (0) to (5000)",
        "create table orders_2 partition of orders for values from (5000) to (1000000)",
        "insert into orders select g, now() from generate_series(1, " + ROWS + ") g");
    stopInTheMiddle(slowly());
    // Before 15 the triggers of the partitions are internal, and not listed.
    assertThat(covers()).hasSizeGreaterThanOrEqualTo(3);
    operators().abandon(RUN);
    assertNothingIsLeft();
    assertThat(columns("orders_1") + columns("orders_2")).isZero();
    assertTheNextStartBeginsAnew(3);
  }

  @Test
  @DisplayName("a table that was dropped leaves a function, which goes")
  void aTableThatIsGone() throws Exception {
    stopInTheMiddle(slowly());
    database.execute("drop table orders cascade");
    operators().abandon(RUN);
    assertThat(covers()).isEmpty();
    assertThat(lastOfHistory()).contains("the table was dropped before");
  }

  @Test
  @DisplayName("what depends on the column is named, nothing is dropped, and the request stands")
  void somethingDependsOnTheColumn() throws Exception {
    stopInTheMiddle(slowly());
    database.execute("create view codes as select status_code from orders");
    List<String> before = covers();

    assertThatThrownBy(() -> operators().abandon(RUN))
        .isInstanceOf(BackfillException.class)
        .hasMessageContaining("codes")
        .hasMessageContaining("nothing was dropped")
        .hasMessageContaining("abandonKeepingColumn");
    assertThat(covers()).isEqualTo(before);
    assertThat(status().state()).isEqualTo(RunState.FAILED);
    assertThat(status().requestedAction()).contains("abandon");

    database.execute("drop view codes");
    assertThat(statusCode().on(database.dataSource()).run().state()).isEqualTo(RunState.ABANDONED);
    assertNothingIsLeft();
  }

  @Test
  @DisplayName("a run that is done is refused with what to do instead; so is one that is not there")
  void whatCannotBeAbandoned() {
    assertThatThrownBy(() -> operators().abandon(RUN))
        .isInstanceOf(BackfillException.class)
        .hasMessageContaining("There is no run named " + RUN);
    statusCode().on(database.dataSource()).run();

    assertThatThrownBy(() -> operators().abandon("nope"))
        .isInstanceOf(BackfillException.class)
        .hasMessageContaining("There is no run named nope");
    assertThatThrownBy(() -> operators().abandon(RUN))
        .isInstanceOf(BackfillException.class)
        .hasMessageContaining("is done")
        .hasMessageContaining("DROP COLUMN \"status_code\"");
    assertThat(database.update(BY_SQL, RUN)).isZero();
    assertThat(status().phase()).isEqualTo(Phase.DONE);
    assertThat(status().requestedAction()).isEmpty();
    assertThat(columns("orders")).isOne();
  }
}
