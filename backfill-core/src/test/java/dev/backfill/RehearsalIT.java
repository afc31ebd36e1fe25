package dev.backfill;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.zaxxer.hikari.HikariDataSource;
import dev.backfill.internal.rehearsal.ScratchSchema;
import dev.backfill.model.BackfillException;
import dev.backfill.model.Contract;
import dev.backfill.model.NewRows;
import dev.backfill.model.Rehearsal;
import dev.backfill.model.RunFailedException;
import dev.backfill.model.Vacuum;
import dev.backfill.testing.PostgresTest;
import dev.backfill.testing.TestDatabase;
import dev.backfill.throttle.Reading;
import dev.backfill.throttle.Signal;
import dev.backfill.throttle.SignalContext;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import javax.sql.DataSource;
import org.assertj.core.data.Percentage;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Nothing is asserted of times here: the benchmark compares them. */
@PostgresTest
@Tag("long")
class RehearsalIT {
  private static final int ROWS = 120_000;
  private static final long HALF = 26_000_000;

  TestDatabase database;

  @BeforeEach
  void orders() {
    database.execute(
        "drop schema if exists backfill cascade",
        "drop schema if exists backfill_rehearsal cascade",
        "drop table if exists orders cascade");
    database.ordersTable(ROWS);
    database.execute("alter table orders set (autovacuum_enabled = off)", "vacuum analyze orders");
  }

  private static BackfillBuilder statusCode() {
    return Backfill.column("orders", "status_code")
        .type("text")
        .value("case when orders.shipped_at is null then 'pending' else 'shipped' end")
        .unthrottled();
  }

  private List<String> catalog() {
    return database.queryStrings(
        "select oid || ' ' || relname || ' ' || relfilenode from pg_class where oid > 16384 and"
            + " relnamespace in (select oid from pg_namespace where nspname !~ '^pg_') union all"
            + " select 'schema ' || nspname from pg_namespace union all select 'function ' ||"
            + " proname from pg_proc where oid > 16384 order by 1");
  }

  private long wal() {
    return database.queryLong("select (pg_current_wal_insert_lsn() - '0/0'::pg_lsn)::bigint");
  }

  @Test
  void walIsPredictedWithinAFifthFromAPartOfTheTable() {
    Rehearsal rehearsal = statusCode().on(database.dataSource()).rehearse(HALF);

    assertThat(rehearsal.sampledRows()).isBetween(ROWS / 5L, ROWS * 4L / 5);
    assertThat(rehearsal.rows()).isEqualTo(ROWS);
    database.execute("checkpoint");
    long before = wal();
    statusCode().on(database.dataSource()).run();
    assertThat(rehearsal.walBytes()).isCloseTo(wal() - before, Percentage.withPercentage(20));
  }

  @Test
  void nothingStaysBehindAndTheTableIsOnlyRead() {
    List<String> before = catalog();
    String table =
        database.queryString("select md5(string_agg(o::text, '' order by id)) from orders o");

    Rehearsal rehearsal = statusCode().on(database.dataSource()).rehearse();

    assertThat(catalog()).isEqualTo(before);
    assertThat(
            database.queryString("select md5(string_agg(o::text, '' order by id)) from orders o"))
        .isEqualTo(table);
    assertThat(
            database.queryLong(
                "select n_tup_upd + n_tup_ins from pg_stat_user_tables where relname = 'orders'"))
        .isEqualTo(ROWS);
    assertThat(rehearsal.duration()).isBetween(rehearsal.shortest(), rehearsal.longest());
    assertThat(rehearsal.toString())
        .contains("public.orders.status_code", "rows/s", "of WAL", "logs whole after a checkpoint");
  }

  @Test
  void indexesAndColumnsOfAnyKindAreCopied() {
    database.execute(
        "alter table orders add doubled int generated always as (customer_id * 2) stored",
        "alter table orders add \"odd {?} name\" text collate \"C\"",
        "create unique index \"in dex\" on orders (id desc) include (note) where note <> '{?}'",
        "create index on orders using gin (to_tsvector('simple', note))",
        "create index on orders (lower(note), (customer_id + 1)) where customer_id > 5",
        "vacuum analyze orders");

    Rehearsal rehearsal = statusCode().on(database.dataSource()).rehearse();

    assertThat(rehearsal.sampledRows()).isEqualTo(ROWS);
    assertThat(scratchSchemas()).isZero();
  }

  @Test
  void theLargestPartitionStandsForAll() {
    database.execute(
        "drop table if exists parts",
        "create table parts (id int primary key, n int) partition by range (id)",
        "create table parts_1 partition of parts for values from (0) to (10001)",
        "create table parts_2 partition of parts for values from (10001) to (100000)",
        "insert into parts select n, n from generate_series(1, 30000) n",
        "vacuum analyze parts");

    Rehearsal rehearsal =
        Backfill.column("parts", "twice")
            .type("int")
            .value("parts.n * 2")
            .on(database.dataSource())
            .rehearse();

    assertThat(rehearsal.sampledRows()).isEqualTo(20_000);
    assertThat(rehearsal.rows()).isEqualTo(30_000);
    assertThat(rehearsal.reasons()).anyMatch(r -> r.contains("largest partition stands for all 2"));
  }

  @Test
  void whatNeedsNoBackfillIsNotRehearsed() {
    assertThatThrownBy(
            () ->
                Backfill.column("orders", "status_code")
                    .type("text")
                    .constant("new")
                    .on(database.dataSource())
                    .rehearse())
        .hasMessageContaining("nothing to rehearse")
        .hasMessageContaining("strategy(batched())");
  }

  @Test
  void triggersOfTheTableDoNotFire() {
    database.execute(
        "create table told (n int)",
        "create or replace function tell() returns trigger language plpgsql as"
            + " $$ begin insert into told values (1); return new; end $$",
        "create trigger tells before insert or update on orders for each row execute function"
            + " tell()");
    try {
      Rehearsal rehearsal =
          statusCode().newRows(NewRows.application()).on(database.dataSource()).rehearse();

      assertThat(database.queryLong("select count(*) from told")).isZero();
      assertThat(rehearsal.reasons()).anyMatch(r -> r.contains("UPDATE triggers (1)"));
    } finally {
      database.execute("drop table told", "drop function tell cascade");
    }
  }

  @Test
  void thePartThatIsTooLargeIsRefusedWithWhatItWouldTake() {
    List<String> before = catalog();

    assertThatThrownBy(() -> statusCode().on(database.dataSource()).rehearse(1_000_000))
        .isInstanceOf(BackfillException.class)
        .hasMessageContaining("may copy 1,000,000")
        .hasMessageContaining("rehearse(");
    assertThat(catalog()).isEqualTo(before);
  }

  @Test
  void aFailureLeavesNothingBehind() {
    List<String> before = catalog();
    BackfillBuilder failing =
        Backfill.column("orders", "status_code")
            .type("text")
            .value("case when id = " + ROWS / 2 + " then (id / (id - id))::text else 'x' end")
            .newRows(NewRows.application())
            .contract(Contract.none());

    assertThatThrownBy(() -> failing.on(database.dataSource()).rehearse())
        .isInstanceOf(BackfillException.class)
        .hasMessageContaining("failed on its copy")
        .hasMessageContaining("division by zero");
    assertThat(catalog()).isEqualTo(before);
  }

  @ParameterizedTest
  @CsvSource({"stop, STOPPED", "abandon, ABANDONED"})
  void oneThatAnOperatorEndsGivesNoFiguresOfAPart(String action, String state) {
    AtomicBoolean stopped = new AtomicBoolean();
    DataSource watched =
        RecordingDataSource.of(
            database.dataSource(),
            sql -> {
              if (sql.contains("/* backfill rehearsal-of") && stopped.compareAndSet(false, true)) {
                database.execute(
                    "update backfill_rehearsal.run set requested_action = '" + action + "'");
              }
            });

    assertThatThrownBy(() -> statusCode().maxRowsPerSecond(10).on(watched).rehearse())
        .isInstanceOf(RunFailedException.class)
        .hasMessageContaining("gives no figures")
        .hasMessageContaining(state)
        .hasMessageContaining("Rehearse again");
    assertThat(scratchSchemas()).isZero();
  }

  @Test
  @DisplayName(
      "what a killed rehearsal has left is dropped by the next start, once it is not in use")
  void whatWasLeftIsDropped() throws SQLException {
    leave();
    assertThatThrownBy(() -> statusCode().on(database.dataSource()).rehearse())
        .hasMessageContaining("Another rehearsal is at work");

    age();
    statusCode().on(database.dataSource()).run();
    assertThat(scratchSchemas()).isZero();

    leave();
    age();
    assertThatThrownBy(
            () -> Backfills.on(database.dataSource()).abandon("public.orders.status_code"))
        .hasMessageContaining("is done");
    assertThat(scratchSchemas()).isZero();
  }

  @Test
  void oneThatWasAwayForTooLongLeavesTheCopyOfItsSuccessorAlone() throws SQLException {
    try (Connection connection = database.dataSource().getConnection()) {
      ScratchSchema away = ScratchSchema.of("backfill");
      away.create(connection);
      assertThat(away.renew(connection)).isTrue();
      age();
      ScratchSchema successor = ScratchSchema.of("backfill");
      successor.create(connection);
      String comment =
          database.queryString("select obj_description('backfill_rehearsal'::regnamespace)");

      assertThat(away.renew(connection)).isFalse();
      away.dropNow(connection);

      assertThat(database.queryString("select obj_description('backfill_rehearsal'::regnamespace)"))
          .isEqualTo(comment);
      successor.dropNow(connection);
      assertThat(scratchSchemas()).isZero();
    }
  }

  @Test
  void ofTwoThatBeginAtOnceOneIsRefused() throws Exception {
    try (Connection one = database.dataSource().getConnection();
        Connection other = database.dataSource().getConnection()) {
      one.setAutoCommit(false);
      try (Statement statement = one.createStatement()) {
        statement.execute("create schema backfill_rehearsal");
      }
      FutureTask<Boolean> second =
          new FutureTask<>(
              () -> {
                ScratchSchema.of("backfill").create(other);
                return true;
              });
      new Thread(second, "second").start();
      Awaitility.await("the second to wait for the first")
          .atMost(Duration.ofMinutes(1))
          .until(
              () ->
                  database.queryLong(
                          "select count(*) from pg_stat_activity where wait_event_type = 'Lock'"
                              + " and query like 'create schema%' and datname = current_database()")
                      == 1);
      one.commit();

      assertThatThrownBy(() -> second.get(1, TimeUnit.MINUTES))
          .hasMessageContaining("Another rehearsal is at work");
    }
  }

  @Test
  void theRightToCreateItsSchemaIsAskedForFirst() {
    DataSource without = database.role("without_create", "pg_read_all_stats");
    database.execute(
        "alter table orders owner to without_create",
        "create schema backfill",
        "alter schema backfill owner to without_create");
    List<String> before = catalog();

    assertThatThrownBy(() -> statusCode().on(without).rehearse())
        .isInstanceOf(BackfillException.class)
        .hasMessageContaining("creates schema \"backfill_rehearsal\"")
        .hasMessageContaining("Nothing was changed")
        .hasMessageContaining("GRANT CREATE ON DATABASE")
        .hasMessageContaining("TO without_create");
    assertThat(catalog()).isEqualTo(before);
  }

  @Test
  void aCopyThatCannotBeDroppedIsNotSaidToBe() {
    database.execute(
        "create or replace function keep() returns event_trigger language plpgsql as"
            + " $$ begin raise exception 'kept for the auditors'; end $$",
        "create event trigger keeps on ddl_command_start when tag in ('DROP SCHEMA')"
            + " execute function keep()");
    try {
      assertThatThrownBy(() -> statusCode().on(database.dataSource()).rehearse())
          .isInstanceOf(BackfillException.class)
          .hasMessageContaining("could not be dropped")
          .hasMessageContaining("kept for the auditors")
          .hasMessageContaining("DROP SCHEMA \"backfill_rehearsal\" CASCADE")
          .hasMessageNotContaining("copy is dropped");
      assertThat(scratchSchemas()).isEqualTo(1);
    } finally {
      database.execute("drop event trigger keeps", "drop function keep");
    }
  }

  @Test
  void vacuumIsLeftOutAndThatIsSaid() {
    Rehearsal rehearsal = statusCode().vacuum(Vacuum.run(0.1)).on(database.dataSource()).rehearse();

    assertThat(rehearsal.reasons()).anyMatch(r -> r.contains("vacuum(...) is left out"));
  }

  @Test
  void whereTheMiddleIsEmptyRowsOfOtherPlacesAreCopied() {
    database.execute("drop table if exists sparse");
    database.ordersTable("sparse", 300_000);
    database.execute(
        "alter table sparse set (autovacuum_enabled = off)",
        "delete from sparse where id between 75000 and 225000",
        "vacuum analyze sparse");

    Rehearsal rehearsal =
        Backfill.column("sparse", "status_code")
            .type("text")
            .value("case when sparse.shipped_at is null then 'pending' else 'shipped' end")
            .unthrottled()
            .on(database.dataSource())
            .rehearse(50_000_000);

    assertThat(rehearsal.sampledRows()).isBetween(25_000L, 75_000L);
    assertThat(rehearsal.reasons().get(0)).contains("too few rows, and blocks elsewhere");
  }

  @Test
  void whereAlmostNothingIsLeftThatIsSaidInsteadOfAFigure() {
    List<String> before = catalog();
    // The statistics still promise all of them.
    database.execute("delete from orders");

    assertThatThrownBy(() -> statusCode().on(database.dataSource()).rehearse())
        .isInstanceOf(BackfillException.class)
        .hasMessageContaining("nothing to rehearse on")
        .hasMessageContaining("its statistics promise 120,000")
        .hasMessageContaining("VACUUM (ANALYZE)");
    assertThat(catalog()).isEqualTo(before);
  }

  @Test
  void theMonitorLooksWhileTheCopyIsMade() {
    List<Integer> connections = new CopyOnWriteArrayList<>();
    try (HikariDataSource pool = database.pool(2)) {
      Signal looks =
          new Signal() {
            @Override
            public String name() {
              return "connections";
            }

            @Override
            public double limit() {
              return 1;
            }

            @Override
            public Reading read(SignalContext context) {
              if (database.queryLong(
                      "select count(to_regclass('backfill_rehearsal.orders'))"
                          + " - count(to_regclass('backfill_rehearsal.run'))")
                  == 1) {
                connections.add(pool.getHikariPoolMXBean().getActiveConnections());
              }
              return Reading.of(0);
            }
          };

      Backfill.column("orders", "status_code")
          .type("text")
          .value("case when orders.shipped_at is null then 'pending' else 'shipped' end")
          .throttle(looks)
          .on(pool)
          .rehearse();
    }
    assertThat(connections).as("of the monitor and of the copy").contains(2);
  }

  @Test
  void aSchemaOfThatNameThatIsNotOursIsLeftAlone() {
    database.execute(
        "create schema backfill_rehearsal",
        "comment on schema backfill_rehearsal is 'ours, in use until next week'",
        "create table backfill_rehearsal.mine (n int)");

    assertThatThrownBy(() -> statusCode().on(database.dataSource()).rehearse())
        .hasMessageContaining("backfill_rehearsal")
        .hasMessageContaining("was not left by one of this role");
    statusCode().on(database.dataSource()).run();
    assertThat(database.queryLong("select count(*) from backfill_rehearsal.mine")).isZero();
  }

  @Test
  @DisplayName(
      "D11: subscribers of a publication for all tables would stop at a table they do not have")
  void aPublicationForAllTablesIsRefused() {
    database.execute("create publication everything for all tables");
    try {
      assertThatThrownBy(
              () -> statusCode().publishedTableAcknowledged().on(database.dataSource()).rehearse())
          .hasMessageContaining("everything")
          .hasMessageContaining("FOR ALL TABLES");
      assertThat(scratchSchemas()).isZero();
    } finally {
      database.execute("drop publication everything");
    }
  }

  private void leave() throws SQLException {
    try (Connection connection = database.dataSource().getConnection()) {
      ScratchSchema.of("backfill").create(connection);
    }
  }

  private void age() {
    database.execute(
        "do $$ begin execute format('comment on schema backfill_rehearsal is %L', regexp_replace("
            + "obj_description('backfill_rehearsal'::regnamespace), 'until .*',"
            + " 'until 2020-01-01 00:00:00+00')); end $$");
  }

  private long scratchSchemas() {
    return database.queryLong(
        "select count(*) from pg_namespace where nspname = 'backfill_rehearsal'");
  }
}
