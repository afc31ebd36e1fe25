package dev.backfill;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.backfill.event.BackfillEvent;
import dev.backfill.model.BackfillException;
import dev.backfill.model.BackfillResult;
import dev.backfill.model.BadRowException;
import dev.backfill.model.BadRows;
import dev.backfill.model.BatchSize;
import dev.backfill.model.Contract;
import dev.backfill.model.LeaseLostException;
import dev.backfill.model.NewRows;
import dev.backfill.model.NullsRemainException;
import dev.backfill.model.Phase;
import dev.backfill.model.PreflightException;
import dev.backfill.model.QuarantinedRow;
import dev.backfill.model.RetryPolicy;
import dev.backfill.model.RowFunction;
import dev.backfill.model.RunFailedException;
import dev.backfill.model.RunState;
import dev.backfill.testing.PostgresTest;
import dev.backfill.testing.TestDatabase;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Rows that cannot take their value are put aside, and the run goes on behind them. */
@PostgresTest
class QuarantineIT {
  private static final int ROWS = 3_000;
  private static final String RUN = "public.orders.filled";
  private static final List<String> BAD = List.of("1", "1776", "1777", "3000");

  TestDatabase database;

  private final List<BackfillEvent.RowQuarantined> told = new CopyOnWriteArrayList<>();

  @BeforeEach
  void orders() {
    database.execute(
        "drop schema if exists backfill cascade",
        "drop table if exists orders cascade",
        "drop table if exists keyed cascade");
    database.ordersTable(ROWS);
  }

  private BackfillBuilder filling(String type, String value) {
    return listening(Backfill.column("orders", "filled").type(type).value(value));
  }

  private BackfillBuilder listening(BackfillBuilder builder) {
    return builder
        .newRows(NewRows.application())
        .badRows(BadRows.quarantine(10))
        .listener(
            event -> {
              if (event instanceof BackfillEvent.RowQuarantined row) {
                told.add(row);
              }
            });
  }

  private static String unlessBad(String value, String bad) {
    return "case when id in (%s) then %s else %s end".formatted(String.join(", ", BAD), bad, value);
  }

  private List<QuarantinedRow> quarantined() {
    return Backfills.on(database.dataSource()).quarantined(RUN);
  }

  private List<String> keys() {
    return quarantined().stream().map(row -> String.join("/", row.key())).sorted().toList();
  }

  /** Runs it without a contract and expects exactly the bad rows to be aside, unfilled. */
  private QuarantinedRow putsTheBadRowsAside(BackfillBuilder builder) {
    BackfillResult result = builder.contract(Contract.none()).on(database.dataSource()).run();

    assertThat(result.state()).isEqualTo(RunState.DONE);
    assertThat(result.quarantined()).isEqualTo(BAD.size());
    assertThat(result.rows()).isEqualTo(ROWS - BAD.size());
    assertThat(keys()).containsExactlyElementsOf(BAD);
    assertThat(database.queryStrings("select id from orders where filled is null order by id"))
        .containsExactlyElementsOf(BAD);
    assertThat(told).extracting(row -> row.key().get(0)).containsExactlyInAnyOrderElementsOf(BAD);
    assertThat(told).extracting(BackfillEvent.RowQuarantined::total).contains(4L);
    return quarantined().get(0);
  }

  @Nested
  class EachKindOfFailure {
    @Test
    @DisplayName("D2: a value that is NULL")
    void yieldedNull() {
      QuarantinedRow row = putsTheBadRowsAside(filling("text", unlessBad("'fine'", "null")));

      assertThat(row.sqlState()).isEqualTo("22004");
      assertThat(row.message()).isEqualTo("the value is NULL");
      assertThat(row.table()).isEqualTo("\"public\".\"orders\"");
      assertThat(row.attempts()).isOne();
    }

    @Test
    void textThatIsNoNumber() {
      QuarantinedRow row =
          putsTheBadRowsAside(
              filling("integer", "cast(" + unlessBad("'7'", "'secret \"4711\"'") + " as integer)"));

      assertThat(row.sqlState()).isEqualTo("22P02");
      assertThat(row.message()).isEqualTo("invalid input syntax for type integer: ...");
    }

    @Test
    void textThatIsTooLong() {
      QuarantinedRow row =
          putsTheBadRowsAside(filling("varchar(4)", unlessBad("'fine'", "'secret'")));

      assertThat(row.sqlState()).isEqualTo("22001");
      assertThat(row.message()).isEqualTo("value too long for type character varying(4)");
    }

    @Test
    @DisplayName("D6: a trigger that rejects the row")
    void rejectingTrigger() {
      database.execute(
          "create or replace function reject() returns trigger language plpgsql as"
              + " $$ begin raise exception 'rejected: %', new.note; end $$",
          "create trigger reject before update on orders for each row when (old.id in ("
              + String.join(", ", BAD)
              + ")) execute function reject()");

      QuarantinedRow row = putsTheBadRowsAside(filling("text", "'fine'"));

      assertThat(row.sqlState()).isEqualTo("P0001");
      assertThat(row.message()).isEqualTo("raised by PL/pgSQL function reject() line 1 at RAISE");
    }

    @Test
    void checkConstraint() {
      database.execute(
          "alter table orders add column filled text,"
              + " add constraint \"all fine\" check (filled <> 'secret')");

      QuarantinedRow row = putsTheBadRowsAside(filling("text", unlessBad("'fine'", "'secret'")));

      assertThat(row.sqlState()).isEqualTo("23514");
      assertThat(row.message())
          .isEqualTo("new row for relation \"orders\" violates check constraint \"all fine\"");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " deferrable initially deferred"})
    void uniqueViolation(String deferred) {
      database.execute(
          "insert into orders (id, customer_id, amount) values (0, 1, 1)",
          "alter table orders add column filled text, add constraint once unique (filled)"
              + deferred,
          "update orders set filled = 'secret' where id = 0");

      BackfillResult result =
          filling("text", unlessBad("id::text", "'secret'"))
              .contract(Contract.none())
              .on(database.dataSource())
              .run();

      assertThat(result.quarantined()).isEqualTo(BAD.size());
      assertThat(keys()).containsExactlyElementsOf(BAD);
      assertThat(quarantined().get(0).sqlState()).isEqualTo("23505");
      assertThat(quarantined().get(0).message())
          .isEqualTo("duplicate key value violates unique constraint \"once\"");
    }

    @ParameterizedTest
    @CsvSource(
        delimiter = '|',
        textBlock =
            """
            21000 | (select v from (values ('a'), ('b')) x (v) where id > 0) | more than one row returned by a subquery used as an expression
            54001 | cast(repeat('[', 1000000 + 0 * id::int) as json)::text   | stack depth limit exceeded
            P0002 | failing('P0002', note)                                   | raised by PL/pgSQL function failing(text,text) line 3 at SQL statement
            P0003 | failing('P0003', note)                                   | raised by PL/pgSQL function failing(text,text) line 5 at SQL statement
            P0004 | failing('P0004', note)                                   | raised by PL/pgSQL function failing(text,text) line 7 at ASSERT
            38001 | failing('38001', note)                                   | raised by PL/pgSQL function failing(text,text) line 9 at RAISE
            39P01 | failing('39P01', note)                                   | raised by PL/pgSQL function failing(text,text) line 9 at RAISE
            """)
    @DisplayName("D6: a query of the value, or a function that it calls, that fails for the row")
    void queryOrFunctionThatFails(String state, String bad, String message) {
      database.execute(
          """
          create or replace function failing(state text, note text) returns text stable
          language plpgsql as $$ declare one text; begin
            if state = 'P0002' then
              select note into strict one where false;
            elsif state = 'P0003' then
              select note into strict one from generate_series(1, 2);
            elsif state = 'P0004' then
              assert false, 'no good: ' || note;
            else
              raise exception 'no good: %', note using errcode = state;
            end if;
            return one;
          end $$
          """);

      QuarantinedRow row = putsTheBadRowsAside(filling("text", unlessBad("'fine'", bad)));

      assertThat(row.sqlState()).isEqualTo(state);
      assertThat(row.message()).isEqualTo(message);
    }

    @Test
    void valueThatIsTooLongForAnIndex() {
      database.execute(
          "alter table orders add column filled text", "create index on orders (filled)");

      QuarantinedRow row =
          putsTheBadRowsAside(
              filling(
                  "text",
                  unlessBad(
                      "'fine'",
                      "(select string_agg(md5(i::text), '') from generate_series(1, 200) i)")));

      assertThat(row.sqlState()).isEqualTo("54000");
      assertThat(row.message()).startsWith("index row size").contains("exceeds");
    }

    @Test
    void functionThatThrows() {
      QuarantinedRow row = putsTheBadRowsAside(computing(QuarantineIT::throwing));

      assertThat(row.sqlState()).isEqualTo("22000");
      assertThat(row.message()).isEqualTo("the function threw java.lang.IllegalStateException");
    }

    @Test
    @DisplayName("D2: a function that yields null, and one whose value does not fit")
    void functionOfABadValue() {
      putsTheBadRowsAside(
          computing(id -> BAD.contains(id) ? (id.equals("1") ? null : "secret") : "fine"));

      assertThat(Backfills.on(database.dataSource()).quarantinedBySqlState(RUN))
          .containsEntry("22001", 3L)
          .containsEntry("22004", 1L);
    }
  }

  /** What is made of a row's key. */
  private interface OfKey {
    @org.jspecify.annotations.Nullable
    Object apply(String id);
  }

  private static Object throwing(String id) {
    if (BAD.contains(id)) {
      throw new IllegalStateException("secret " + id);
    }
    return "fine";
  }

  private BackfillBuilder computing(OfKey function) {
    RowFunction ofRow = row -> function.apply(String.valueOf(row.get("id")));
    return listening(
        Backfill.column("orders", "filled").type("varchar(4)").value(List.of("id"), ofRow));
  }

  @Nested
  class WhatIsToldOfValues {
    @Test
    void noneUnlessAskedFor() {
      putsTheBadRowsAside(filling("integer", unlessBad("'7'", "note") + "::integer"));

      assertThat(quarantined().toString() + told).doesNotContain("order 1");
    }

    @Test
    void allWhenAskedFor() {
      Backfill.column("orders", "filled")
          .type("integer")
          .value(unlessBad("'7'", "note") + "::integer")
          .newRows(NewRows.application())
          .badRows(BadRows.quarantine(10).withValues())
          .contract(Contract.none())
          .on(database.dataSource())
          .run();

      assertThat(quarantined().get(0).message()).contains("\"order ");
    }
  }

  @Nested
  class Preflight {
    @Test
    @DisplayName("Refuses bad rows where a trigger would fail the application's writes to them")
    void coveredByTrigger() {
      assertThatThrownBy(
              () ->
                  Backfill.column("orders", "filled")
                      .type("integer")
                      .value(unlessBad("'7'", "note") + "::integer")
                      .newRows(NewRows.trigger())
                      .badRows(BadRows.quarantine(10))
                      .on(database.dataSource())
                      .run())
          .isInstanceOf(PreflightException.class)
          .hasMessageContaining("key (1)")
          .hasMessageContaining("with newRows(application()) they are");
    }

    @Test
    void warnsWhereTheyArePutAside() {
      assertThat(
              filling("integer", unlessBad("'7'", "note") + "::integer")
                  .on(database.dataSource())
                  .plan()
                  .toString())
          .contains("put into quarantine: key (1), (3000)");
    }
  }

  @Nested
  class AsManyAsMayBe {
    @ParameterizedTest
    @ValueSource(ints = {1, 3})
    void oneMoreEndsTheRunAndALaterStartGoesOnFromThere(int max) {
      assertThatThrownBy(
              () ->
                  listening3(max)
                      .workers(2)
                      .batchSize(BatchSize.fixed(10))
                      .on(database.dataSource())
                      .run())
          .isInstanceOf(BadRowException.class)
          .hasMessageContaining("badRows(quarantine(" + max + "))")
          .hasMessageContaining("Backfills.quarantined(\"" + RUN + "\")")
          .hasMessageContaining("SELECT * FROM \"backfill\".\"quarantine\"")
          .hasMessageNotContaining("order 1");
      assertThat(quarantined()).hasSize(max);
      assertThat(Backfills.on(database.dataSource()).list().get(0).quarantined()).isEqualTo(max);

      BackfillResult result =
          listening3(4).contract(Contract.none()).on(database.dataSource()).run();

      assertThat(result.quarantined()).isEqualTo(4);
      assertThat(result.rows()).isEqualTo(ROWS - BAD.size());
    }

    private BackfillBuilder listening3(int max) {
      return Backfill.column("orders", "filled")
          .type("integer")
          .value(unlessBad("'7'", "note") + "::integer")
          .newRows(NewRows.application())
          .badRows(BadRows.quarantine(max));
    }
  }

  @Nested
  class TheContract {
    private final BackfillBuilder numbers =
        filling("integer", "case when note like 'order%' then 7 else note::integer end");

    @BeforeEach
    void bad() {
      database.execute(
          "update orders set note = 'bad' where id in (" + String.join(",", BAD) + ")");
    }

    @Test
    @DisplayName("D3: is refused while a row is in quarantine, and applied once all are mended")
    void refused() {
      BoundBackfill backfill = numbers.on(database.dataSource());
      assertThatThrownBy(backfill::run)
          .isInstanceOf(NullsRemainException.class)
          .hasMessageContaining("4 rows of run " + RUN)
          .hasMessageContaining("[id] = [1] (SQLSTATE 22P02")
          .hasMessageContaining("start the run again");
      assertThat(database.queryString("select state || ' ' || phase from backfill.run"))
          .isEqualTo("FAILED CONTRACT");
      assertThat(database.queryString("select last_error from backfill.run"))
          .contains("in quarantine");
      assertThat(notNull()).isFalse();

      // One is mended, one deleted, one filled by the application, and one stays bad.
      database.execute(
          "update orders set note = '9' where id = 1",
          "delete from orders where id = 1776",
          "update orders set filled = 11 where id = 1777");
      assertThatThrownBy(backfill::run)
          .isInstanceOf(NullsRemainException.class)
          .hasMessageContaining("1 row of run");
      assertThat(keys()).containsExactly("3000");
      assertThat(quarantined().get(0).attempts()).isEqualTo(2);

      database.execute("update orders set note = '8' where id = 3000");
      BackfillResult result = backfill.run();

      assertThat(result.state()).isEqualTo(RunState.DONE);
      assertThat(result.notNull()).isTrue();
      assertThat(result.quarantined()).isZero();
      assertThat(result.rows()).isEqualTo(ROWS - 2);
      assertThat(
              database.queryStrings(
                  "select filled from orders where id in (1, 1777, 3000) order by id"))
          .containsExactly("9", "11", "8");
      assertThat(database.queryLong("select count(*) from backfill.quarantine")).isZero();
    }

    @Test
    void whatTheApplicationFillsBeforeItIsNoReasonToRefuse() {
      BackfillResult result =
          numbers
              .listener(
                  event -> {
                    if (event instanceof BackfillEvent.PhaseChanged change
                        && change.phase() == Phase.CONTRACT) {
                      database.execute("update orders set filled = 1 where filled is null");
                    }
                  })
              .on(database.dataSource())
              .run();

      assertThat(result.notNull()).isTrue();
      assertThat(result.quarantined()).isZero();
    }

    @Test
    @DisplayName("D3: bad rows that only the sweep finds are put aside as well, all in one go")
    void inTheSweep() {
      database.execute(
          "update orders set note = '7' where note = 'bad'", "alter table orders add filled int");
      BoundBackfill backfill =
          numbers
              .listener(
                  event -> {
                    if (event instanceof BackfillEvent.PhaseChanged change
                        && change.phase() == Phase.CONTRACT) {
                      database.execute(
                          "update orders set note = 'bad', filled = null where id in (10, 11, 2900)",
                          "update orders set filled = null where id % 2 = 0");
                    }
                  })
              .on(database.dataSource());
      assertThatThrownBy(backfill::run)
          .isInstanceOf(NullsRemainException.class)
          .hasMessageContaining("3 rows of run");
      assertThat(keys()).containsExactly("10", "11", "2900");
      assertThat(database.queryLong("select count(*) from orders where filled is null"))
          .isEqualTo(3);
    }

    private boolean notNull() {
      return database.queryLong(
              "select count(*) from pg_attribute where attrelid = 'orders'::regclass"
                  + " and attname = 'filled' and attnotnull")
          > 0;
    }
  }

  @Nested
  class RetriedByCall {
    private BoundBackfill bound() {
      return filling("integer", "case when note like 'order%' then 7 else note::integer end")
          .contract(Contract.none())
          .on(database.dataSource());
    }

    @Test
    void aRunThatIsDoneStaysSo() {
      database.execute("update orders set note = 'bad' where id in (5, 6)");
      assertThat(bound().run().quarantined()).isEqualTo(2);
      assertThat(bound().run().quarantined()).isEqualTo(2);
      assertThat(quarantined()).extracting(QuarantinedRow::attempts).containsOnly(1);

      database.execute("update orders set note = '9' where id = 5");
      BackfillResult result = bound().retryQuarantined();

      assertThat(result.state()).isEqualTo(RunState.DONE);
      assertThat(result.quarantined()).isOne();
      assertThat(result.rows()).isEqualTo(ROWS - 1);
      assertThat(keys()).containsExactly("6");
      assertThat(database.queryString("select filled from orders where id = 5")).isEqualTo("9");
      assertThat(state()).isEqualTo("DONE DONE");
    }

    @Test
    void aRunThatAwaitsItsApprovalStaysSo() {
      database.execute("update orders set note = 'bad' where id = 5");
      BoundBackfill manual =
          filling("integer", "case when note like 'order%' then 7 else note::integer end")
              .contract(Contract.manual())
              .on(database.dataSource());
      assertThat(manual.run().state()).isEqualTo(RunState.AWAITING_APPROVAL);
      database.execute("update orders set note = '9' where id = 5");

      BackfillResult result = manual.retryQuarantined();

      assertThat(result.quarantined()).isZero();
      assertThat(result.state()).isEqualTo(RunState.AWAITING_APPROVAL);
      assertThat(state()).isEqualTo("AWAITING_APPROVAL CONTRACT");
    }

    @Test
    void aRunThatIsDoneStaysSoWhenARowFailsAgain() {
      database.execute("update orders set note = 'bad' where id = 5");
      assertThat(bound().run().state()).isEqualTo(RunState.DONE);
      BoundBackfill failing =
          Backfill.column("orders", "filled")
              .type("integer")
              .value("case when note like 'order%' then 7 else note::integer end")
              .newRows(NewRows.application())
              .contract(Contract.none())
              .on(database.dataSource());
      // Behind the rows that the preflight tries.
      database.execute(
          "update orders set note = '5' where id = 5",
          "create or replace function reject() returns trigger language plpgsql as"
              + " $$ begin raise exception 'no'; end $$",
          "create trigger reject before update on orders for each row execute function reject()");
      try {
        assertThatThrownBy(failing::retryQuarantined).isInstanceOf(BadRowException.class);
      } finally {
        database.execute("drop function reject cascade");
      }

      assertThat(state()).isEqualTo("DONE DONE");
      assertThat(keys()).containsExactly("5");
    }

    private String state() {
      return String.valueOf(database.queryString("select state || ' ' || phase from backfill.run"));
    }

    @Test
    void withoutARunThereIsNothingToTryAndNothingIsCreated() {
      assertThatThrownBy(bound()::retryQuarantined)
          .isInstanceOf(BackfillException.class)
          .hasMessageContaining("no run named " + RUN);
      assertThat(database.queryString("select to_regnamespace('backfill')")).isNull();
    }

    @Test
    void aRunThatSomebodyIsAtIsLeftAlone() {
      database.execute("update orders set note = 'bad' where id = 5");
      assertThat(bound().run().quarantined()).isOne();
      database.execute(
          "update backfill.run set owner = 'other', lease_until = now() + interval '1 h'");

      assertThatThrownBy(bound()::retryQuarantined)
          .isInstanceOf(RunFailedException.class)
          .hasMessageContaining("Another process is at run " + RUN);
      assertThat(quarantined()).extracting(QuarantinedRow::attempts).containsOnly(1);
    }
  }

  @Nested
  class Keys {
    private void keyed(String type, String value) {
      database.execute(
          "create collation if not exists ignoring_case"
              + " (provider = icu, locale = 'und-u-ks-level2', deterministic = false)",
          "create table keyed (k " + type + " primary key, n int not null)",
          "insert into keyed select " + value + ", n from generate_series(1, 100) n");
    }

    private void putsAsideAndRetries(String... types) {
      BackfillBuilder builder =
          Backfill.column("keyed", "filled")
              .type("integer")
              .value("case when n in (7, 8, 90) then null else n end")
              .newRows(NewRows.application())
              .batchSize(BatchSize.fixed(17))
              .badRows(BadRows.quarantine(3));
      BoundBackfill backfill = builder.on(database.dataSource());
      assertThatThrownBy(backfill::run).isInstanceOf(NullsRemainException.class);
      assertThat(database.queryStrings(rowsOfEntries(types))).containsExactly("7", "8", "90");

      // Each is tried again, by its key, and the sweep leaves it alone.
      assertThatThrownBy(backfill::run)
          .isInstanceOf(NullsRemainException.class)
          .hasMessageContaining("3 rows of run");
      assertThat(database.queryStrings("select distinct attempts from backfill.quarantine"))
          .containsExactly("2");
      database.execute("update keyed set n = 1000 + n where n in (7, 8, 90)");
      assertThat(backfill.run().notNull()).isTrue();
      assertThat(database.queryLong("select count(*) from keyed where filled is distinct from n"))
          .isZero();
    }

    /** By the values of the key, since its text depends on the session. */
    private String rowsOfEntries(String... types) {
      StringBuilder same = new StringBuilder("true");
      for (int i = 0; i < types.length; i++) {
        String column = types.length == 1 ? "k" : List.of("a", "b", "c").get(i);
        same.append(" and k.%s = cast(q.key[%d] as %s)".formatted(column, i + 1, types[i]));
      }
      return "select k.n from backfill.quarantine q join keyed k on " + same + " order by 1";
    }

    @ParameterizedTest(name = "D4: a key of type {0}")
    @CsvSource(
        delimiter = '|',
        quoteCharacter = '`',
        value = {
          "bigint | n - 250",
          "uuid | md5(n::text)::uuid",
          "text collate \"C\" | concat(chr(48 + n % 70), '''\"\\ ü€,{}', n)",
          "text collate ignoring_case | concat('Ключ ', n)",
          "timestamptz | '2026-01-01 00:00:00.000001Z'::timestamptz + n * interval '1 microsecond'",
          "bit(16) | n::bit(16)",
          "bytea | decode(md5(n::text), 'hex')",
        })
    void anyType(String type, String value) {
      keyed(type, value);
      putsAsideAndRetries(type.replaceAll(" collate.*", ""));
    }

    @Test
    @DisplayName("T13: keys of 100 kB")
    void huge() {
      keyed("text", "repeat('x', 100000) || n");
      putsAsideAndRetries("text");
    }

    @Test
    void composite() {
      database.execute(
          "create table keyed (a int, b text, c date, n int not null, primary key (a, b, c))",
          "insert into keyed select n % 7, 'k' || n % 11, date '2026-01-01' + n, n"
              + " from generate_series(1, 100) n");
      putsAsideAndRetries("int", "text", "date");
    }

    @Test
    @DisplayName("D5: rows of partitions, and of one that is dropped")
    void partitions() {
      database.execute(
          "create table keyed (k bigint primary key, n int not null) partition by range (k)",
          "create table keyed_a partition of keyed for values from (0) to (100)",
          "create table keyed_b partition of keyed for values from (100) to (1000)",
          "insert into keyed select n, n from generate_series(1, 500) n");
      BoundBackfill backfill =
          Backfill.column("keyed", "filled")
              .type("integer")
              .value("case when n in (7, 8, 400) then null else n end")
              .newRows(NewRows.application())
              .badRows(BadRows.quarantine(3))
              .on(database.dataSource());
      assertThatThrownBy(backfill::run).isInstanceOf(NullsRemainException.class);
      assertThat(
              database.queryStrings(
                  "select leaf_name || key::text from backfill.quarantine order by 1"))
          .containsExactly(
              "\"public\".\"keyed_a\"{7}",
              "\"public\".\"keyed_a\"{8}", "\"public\".\"keyed_b\"{400}");

      database.execute("drop table keyed_a", "update keyed set n = 1 where k = 400");
      assertThat(backfill.run().notNull()).isTrue();
      assertThat(database.queryLong("select count(*) from backfill.quarantine")).isZero();
    }
  }

  @Nested
  class Ownership {
    @Test
    @DisplayName("C5, C12: an owner that was replaced puts nothing aside, in a window")
    void fencedInAWindow() {
      BackfillBuilder builder =
          computing(
              id -> {
                if (id.equals("1777")) {
                  takeOver();
                  throw new IllegalStateException("bad");
                }
                return "fine";
              });

      assertThatThrownBy(() -> builder.on(database.dataSource()).run())
          .isInstanceOf(LeaseLostException.class);
      assertThat(database.queryLong("select count(*) from backfill.quarantine")).isZero();
      assertThat(told).isEmpty();
    }

    @Test
    @DisplayName("C5, C12: nor in the sweep")
    void fencedInTheSweep() {
      database.execute("alter table orders add filled varchar(4)");
      BackfillBuilder builder =
          computing(
                  id -> {
                    if (id.equals("1777") && inContract()) {
                      takeOver();
                      throw new IllegalStateException("bad");
                    }
                    return "fine";
                  })
              .listener(
                  event -> {
                    if (event instanceof BackfillEvent.PhaseChanged change
                        && change.phase() == Phase.CONTRACT) {
                      database.execute("update orders set filled = null where id = 1777");
                    }
                  });

      assertThatThrownBy(() -> builder.on(database.dataSource()).run())
          .isInstanceOf(LeaseLostException.class);
      assertThat(database.queryLong("select count(*) from backfill.quarantine")).isZero();
      assertThat(told).isEmpty();
    }

    private boolean inContract() {
      return Objects.equals(database.queryString("select phase from backfill.run"), "CONTRACT");
    }

    private void takeOver() {
      database.execute(
          "with taken as (update backfill.run set epoch = epoch + 1 returning epoch)"
              + " update backfill.run_window w set epoch = taken.epoch from taken where not w.done");
    }
  }

  @Test
  @DisplayName("A trigger that rejects whole statements is no row's fault, and ends the run")
  void statementTrigger() {
    database.execute(
        "create or replace function reject() returns trigger language plpgsql as"
            + " $$ begin raise exception 'closed'; end $$",
        "create trigger reject before update on orders for each statement execute function reject()",
        "alter table orders add filled text default 'x'",
        "alter table orders alter filled drop default");

    assertThatThrownBy(
            () ->
                filling("text", "'fine'")
                    .retry(new RetryPolicy(3, Duration.ofMillis(10), Duration.ofMillis(10)))
                    .on(database.dataSource())
                    .run())
        .hasMessageContaining("no row without a value is there now")
        .hasMessageContaining("rejects whole statements");
    assertThat(database.queryLong("select count(*) from backfill.quarantine")).isZero();
  }
}
