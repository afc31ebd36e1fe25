package dev.backfill;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.backfill.event.BackfillEvent;
import dev.backfill.event.BackfillListener;
import dev.backfill.model.BackfillPlan;
import dev.backfill.model.BackfillResult;
import dev.backfill.model.BadRowException;
import dev.backfill.model.BatchSize;
import dev.backfill.model.Contract;
import dev.backfill.model.NewRows;
import dev.backfill.model.RunState;
import dev.backfill.model.ScanOrder;
import dev.backfill.testing.Operation;
import dev.backfill.testing.PostgresTest;
import dev.backfill.testing.TestDatabase;
import dev.backfill.testing.Traffic;
import dev.backfill.testing.UpdateAudit;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.postgresql.ds.PGSimpleDataSource;

/** Windows of blocks: what holds for windows of keys must hold for them. */
@PostgresTest
class PhysicalOrderIT {
  private static final int ROWS = 20_000;
  private static final String VALUE =
      "case when shipped_at is null then 'pending' else 'shipped' end";

  TestDatabase database;

  @BeforeEach
  void clean() {
    database.execute(
        "drop schema if exists backfill cascade", "drop table if exists orders, parts cascade");
  }

  private static BackfillBuilder statusCode() {
    return Backfill.column("orders", "status_code")
        .type("text")
        .value(VALUE)
        // Beside the traffic of a test it would rest for minutes.
        .unthrottled()
        .order(ScanOrder.physical());
  }

  private static BackfillListener afterTheFirstBatch(Runnable action) {
    AtomicBoolean done = new AtomicBoolean();
    return event -> {
      if (event instanceof BackfillEvent.BatchCommitted && !done.getAndSet(true)) {
        action.run();
      }
    };
  }

  private List<String> kinds() {
    return database.queryStrings("select distinct kind from backfill.run_window order by kind");
  }

  private long unfilled() {
    return database.queryLong("select count(*) from orders where status_code is null");
  }

  @ParameterizedTest(name = "T3, D1: {0} workers, under traffic that moves rows and writes values")
  @ValueSource(ints = {1, 2})
  void underTraffic(int workers) {
    database.ordersTable(ROWS);
    UpdateAudit audit = UpdateAudit.install(database, "orders", "status_code");
    try (Traffic traffic = Traffic.on(database).weight(Operation.MOVE_KEY, 2).start()) {
      BackfillResult result =
          statusCode()
              .workers(workers)
              .batchSize(BatchSize.fixed(100))
              .on(database.dataSource())
              .run();
      assertThat(result.notNull()).isTrue();
      traffic.awaitEach(5);
      traffic.verify(VALUE);
    }
    audit.assertNoRowTwice();
    assertThat(kinds()).containsExactly("block");
  }

  @Test
  @DisplayName("T4: within a pass the cursor strictly increases")
  void theCursorIncreases() {
    database.ordersTable(ROWS);
    List<String> cursors = new CopyOnWriteArrayList<>();

    statusCode()
        .batchSize(BatchSize.fixed(50))
        .listener(
            event -> {
              if (event instanceof BackfillEvent.BatchCommitted) {
                // A batch is told of once it is committed, and the next one starts after that.
                cursors.add(
                    database.queryString(
                        "select stripe || ' ' || coalesce(cursor[1], '(0,0)')"
                            + " from backfill.run_window"));
              }
            })
        .on(database.dataSource())
        .run();

    assertThat(cursors).hasSizeGreaterThan(100);
    assertThat(
            database.queryLong(
                "select count(*) from (select split_part(c, ' ', 1)::int as stripe,"
                    + " split_part(c, ' ', 2)::tid as place, lag(split_part(c, ' ', 1)::int)"
                    + " over (order by n) as stripe_before, lag(split_part(c, ' ', 2)::tid)"
                    + " over (order by n) as place_before"
                    + " from unnest(cast(? as text[])) with ordinality u(c, n)) s"
                    + " where not (stripe > stripe_before"
                    + " or stripe = stripe_before and place > place_before)",
                (Object) cursors.toArray(new String[0])))
        .isZero();
  }

  @Test
  void updatesStayInPlaceHoweverTheKeysAreStrewn() {
    database.execute(
        "create table orders (id uuid primary key, n int not null, filler text)",
        "insert into orders select gen_random_uuid(), n, repeat('x', 60)"
            + " from generate_series(1, 60000) n",
        "vacuum analyze orders");
    UpdateAudit audit = UpdateAudit.install(database, "orders", "twice");

    BackfillResult result =
        Backfill.column("orders", "twice")
            .type("int")
            .value("n * 2")
            .order(ScanOrder.physical())
            .on(database.dataSource())
            .run();

    assertThat(result.hotShare().getAsDouble()).isGreaterThan(0.6);
    audit.assertEachRowOnce(60_000);
  }

  @Test
  @DisplayName("S9, T5: batches read the blocks of their range alone, whatever indexes there are")
  void noIndexAndNoWholeTableIsRead() {
    database.ordersTable(ROWS);
    database.execute("alter table orders add column status_code text");
    database.execute("create index on orders (id) where status_code is null");
    database.execute("create index on orders (status_code)");
    PGSimpleDataSource misled = database.unpooledWith("enable_tidscan = off");
    List<String> sent = new CopyOnWriteArrayList<>();
    BoundBackfill backfill =
        statusCode()
            .where("note is not null")
            .contract(Contract.manual())
            .on(RecordingDataSource.of(misled, sent::add));

    BackfillPlan plan = backfill.plan();
    assertThat(plan.updatePlan()).anyMatch(l -> l.contains("Tid Range Scan on orders"));
    assertThat(plan.updatePlan()).noneMatch(l -> l.contains("Index"));
    assertThat(plan.boundaryPlan()).isEmpty();

    assertThat(backfill.run().rows()).isEqualTo(ROWS);
    Awaitility.await()
        .atMost(Duration.ofMinutes(2))
        .until(
            () ->
                database.queryLong(
                        "select n_tup_upd from pg_stat_user_tables where relname = 'orders'")
                    == ROWS);
    assertThat(
            database.queryStrings(
                "select indexrelname::text from pg_stat_user_indexes"
                    + " where relname = 'orders' and idx_scan > 0"))
        .as("but for the preflight, which tries the value on rows by their key")
        .isSubsetOf("orders_pkey");
    assertThat(sent)
        .flatMap(sql -> List.of(sql.split(";")))
        .filteredOn(sql -> sql.matches("(?is).*\\bcount\\s*\\(.*\"orders\".*"))
        .isEmpty();
  }

  @Test
  @DisplayName("C1: a stopped run goes on within its window")
  void goesOnWithinItsWindow() {
    database.ordersTable(ROWS);
    UpdateAudit audit = UpdateAudit.install(database, "orders", "status_code");
    assertThat(stopAfterTheFirstBatch(statusCode()).state()).isEqualTo(RunState.STOPPED);
    String cursor = database.queryString("select cursor[1] from backfill.run_window");
    assertThat(cursor).matches("\\(\\d+,0\\)");

    assertThat(statusCode().on(database.dataSource()).run().state()).isEqualTo(RunState.DONE);

    audit.assertEachRowOnce(ROWS);
    assertThat(database.queryLong("select count(*) from backfill.run_window")).isEqualTo(1);
  }

  private BackfillResult stopAfterTheFirstBatch(BackfillBuilder definition) {
    return definition
        .batchSize(BatchSize.fixed(100))
        .maxRowsPerSecond(1_000)
        .listener(
            afterTheFirstBatch(
                () ->
                    Backfills.on(database.dataSource())
                        .stop(
                            database.queryString(
                                "select name from backfill.run where state = 'RUNNING'"))))
        .on(database.dataSource())
        .run();
  }

  @ParameterizedTest(name = "{0}: rows that stand elsewhere in mid-run are filled once")
  @CsvSource({"vacuum full orders", "cluster orders using orders_customer_id_idx"})
  void rewrittenInMidRun(String rewrite) {
    database.ordersTable(60_000);
    database.execute("delete from orders where id % 4 = 0");
    UpdateAudit audit = UpdateAudit.install(database, "orders", "status_code");
    stopAfterTheFirstBatch(statusCode());
    String file = database.queryString("select frontier_file from backfill.run");

    database.execute(rewrite);
    BackfillResult result = statusCode().workers(2).on(database.dataSource()).run();

    assertThat(result.notNull()).isTrue();
    audit.assertEachRowOnce(45_000);
    assertThat(database.queryString("select frontier_file from backfill.run"))
        .as("claimed again from the start of the new file")
        .isNotEqualTo(file)
        .isEqualTo(database.queryString("select pg_relation_filenode('orders'::regclass)::text"));
  }

  @Test
  void aTableThatWasBegunInOneOrderIsFinishedInIt() {
    database.ordersTable(ROWS);
    stopAfterTheFirstBatch(
        Backfill.column("orders", "status_code").type("text").value(VALUE).order(ScanOrder.key()));

    statusCode().on(database.dataSource()).run();

    assertThat(unfilled()).isZero();
    assertThat(kinds()).containsExactly("key");
  }

  @Test
  @DisplayName("D5: partitions that are not begun follow the order of the latest start")
  void partitionsThatAreNotBegun() {
    database.execute(
        "create table parts (id bigint primary key, a int) partition by range (id)",
        "create table parts_1 partition of parts for values from (0) to (2000)",
        "create table parts_2 partition of parts for values from (2000) to (4000)",
        "insert into parts select g, g from generate_series(1, 3999) g");
    UpdateAudit audit = UpdateAudit.install(database, "parts", "filled");
    BackfillResult stopped = stopAfterTheFirstBatch(parts(ScanOrder.key()));
    assertThat(stopped.state()).isEqualTo(RunState.STOPPED);

    parts(ScanOrder.physical()).workers(2).on(database.dataSource()).run();

    assertThat(
            database.queryStrings(
                "select distinct kind || ' ' || leaf::regclass from backfill.run_window"
                    + " order by 1"))
        .containsExactly("block parts_2", "key parts_1");
    audit.assertEachRowOnce(3_999);
  }

  private static BackfillBuilder parts(ScanOrder order) {
    return Backfill.column("parts", "filled").type("text").value("a::text || '.'").order(order);
  }

  @Test
  void valuesOfAFunction() {
    database.ordersTable(ROWS);
    UpdateAudit audit = UpdateAudit.install(database, "orders", "filled");

    BackfillResult result =
        Backfill.column("orders", "filled")
            .type("bigint")
            .value(List.of("id"), row -> row.get("id", Long.class) * 2)
            .newRows(NewRows.application())
            .order(ScanOrder.physical())
            .workers(2)
            .on(database.dataSource())
            .run();

    assertThat(result.rows()).isEqualTo(ROWS);
    assertThat(database.queryLong("select count(*) from orders where filled = id * 2"))
        .isEqualTo(ROWS);
    audit.assertEachRowOnce(ROWS);
  }

  @Test
  @DisplayName("D6: a row that cannot be filled is named by its key, not by its place")
  void aBadRow() {
    database.ordersTable(3_000);

    assertThatThrownBy(
            () ->
                Backfill.column("orders", "filled")
                    .type("int")
                    .value("1 / (id - 1234)::int")
                    .newRows(NewRows.application())
                    .order(ScanOrder.physical())
                    .on(database.dataSource())
                    .run())
        .isInstanceOf(BadRowException.class)
        .hasMessageContaining("[id] = [1234] cannot be filled");
    List<String> before = database.queryStrings("select id from orders where filled is null");
    assertThat(before).contains("1234").hasSizeLessThan(3_000);

    database.execute("update orders set id = 5000 where id = 1234");
    Backfill.column("orders", "filled")
        .type("int")
        .value("1 / (id - 1234)::int")
        .newRows(NewRows.application())
        .order(ScanOrder.physical())
        .on(database.dataSource())
        .run();
    assertThat(database.queryLong("select count(*) from orders where filled is null")).isZero();
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1_000})
  void nothingToFill(int rows) {
    database.ordersTable(rows);

    BackfillResult result =
        Backfill.column("orders", "status_code")
            .type("text")
            .value(VALUE)
            .where("false")
            .contract(Contract.none())
            .order(ScanOrder.physical())
            .on(database.dataSource())
            .run();

    assertThat(result.state()).isEqualTo(RunState.DONE);
    assertThat(result.rows()).isZero();
  }

  @Test
  void chosenForKeysAtRandomInATableBeyondTheCache() {
    database.execute(
        "create table orders (id uuid primary key, n int not null, filler text not null)",
        "insert into orders select gen_random_uuid(), n, repeat('x', 200)"
            + " from generate_series(1, 20000) n",
        "vacuum analyze orders");

    BackfillPlan inCache = twice(database.unpooled()).plan();
    assertThat(inCache.order()).isEqualTo(ScanOrder.KEY);
    assertThat(inCache.orderReason()).contains("the caches hold the table");

    PGSimpleDataSource small = database.unpooledWith("effective_cache_size = '4MB'");
    BackfillPlan plan = twice(small).plan();
    assertThat(plan.order()).isEqualTo(ScanOrder.PHYSICAL);
    assertThat(plan.orderReason()).contains("correlation", "too large for the caches");
    assertThat(plan.stripes()).isGreaterThan(1);
    assertThat(plan.windowRows()).isPositive();
    assertThat(plan.toString()).contains("in physical order: ", plan.windowReason());

    assertThat(twice(small).run().rows()).isEqualTo(ROWS);
    assertThat(kinds()).containsExactly("block");
  }

  private static BoundBackfill twice(PGSimpleDataSource dataSource) {
    return Backfill.column("orders", "twice").type("int").value("n * 2").on(dataSource);
  }
}
