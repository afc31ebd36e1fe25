package dev.backfill;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.backfill.event.BackfillEvent;
import dev.backfill.model.BatchSize;
import dev.backfill.model.Contract;
import dev.backfill.model.DifferentRow;
import dev.backfill.model.NewRows;
import dev.backfill.model.PreflightException;
import dev.backfill.model.RunEvent;
import dev.backfill.model.RunFailedException;
import dev.backfill.model.RunMismatchException;
import dev.backfill.model.RunState;
import dev.backfill.model.VerificationStatus;
import dev.backfill.model.VerifyResult;
import dev.backfill.testing.PostgresTest;
import dev.backfill.testing.TestDatabase;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@PostgresTest
class VerifyIT {
  private static final String VALUE =
      "case when shipped_at is null then 'pending' else 'shipped' end";
  private static final String RUN = "public.orders.status_code";
  private static final int ROWS = 3_000;

  TestDatabase database;

  @BeforeEach
  void clean() {
    database.execute(
        "drop schema if exists backfill cascade",
        "drop schema if exists \"Weird \"\"Schema\"\"\" cascade",
        "drop table if exists orders, t cascade");
  }

  private static BackfillBuilder statusCode(Contract contract) {
    return Backfill.column("orders", "status_code").type("text").value(VALUE).contract(contract);
  }

  private static BackfillBuilder statusCode() {
    return statusCode(Contract.none());
  }

  private BackfillDefinition filled(BackfillBuilder builder) {
    BackfillDefinition definition = builder.build();
    assertThat(definition.on(database.dataSource()).run().state()).isEqualTo(RunState.DONE);
    return definition;
  }

  private BackfillDefinition filledOrders(BackfillBuilder builder) {
    database.ordersTable(ROWS);
    return filled(builder);
  }

  /** From now on nothing keeps the column right. */
  private void withoutCover(String table) {
    database.execute("alter table " + table + " disable trigger user");
  }

  private VerifyResult verify(BackfillDefinition definition) {
    return definition.on(database.dataSource()).verify().run();
  }

  private static List<List<String>> keys(VerifyResult result) {
    return result.differences().stream().map(DifferentRow::key).toList();
  }

  @Nested
  class Reports {
    @Test
    void thatEveryRowIsRight() {
      BackfillDefinition definition = filledOrders(statusCode(Contract.setNotNull()));

      VerifyResult result = verify(definition);

      assertThat(result.clean()).isTrue();
      assertThat(result.run()).isEqualTo(RUN);
      assertThat(result.rowsCompared()).isEqualTo(ROWS);
      assertThat(result.differences()).isEmpty();
      assertThat(Backfills.on(database.dataSource()).history(RUN))
          .extracting(RunEvent::detail)
          .contains(ROWS + " rows compared, 0 without a value, 0 different");
    }

    @Test
    void staleValuesByKey() {
      BackfillDefinition definition = filledOrders(statusCode());
      withoutCover("orders");
      database.execute("update orders set shipped_at = null where id in (7, 1000)");

      VerifyResult result = verify(definition);

      assertThat(result.clean()).isFalse();
      assertThat(result.rowsDifferent()).isEqualTo(2);
      assertThat(result.rowsUnfilled()).isZero();
      assertThat(result.differences())
          .containsExactlyInAnyOrder(
              new DifferentRow("\"public\".\"orders\"", List.of("7"), Optional.empty()),
              new DifferentRow("\"public\".\"orders\"", List.of("1000"), Optional.empty()));
    }

    @Test
    void valuesThatTheApplicationWroteAsDifferent() {
      BackfillDefinition definition = filledOrders(statusCode());
      database.execute("update orders set status_code = 'lost' where id = 5");

      assertThat(keys(verify(definition))).containsExactly(List.of("5"));
    }

    @Test
    @DisplayName("all that differ by number, the first hundred by key")
    void manyDifferences() {
      BackfillDefinition definition = filledOrders(statusCode());
      database.execute("update orders set status_code = 'lost'");

      VerifyResult result = verify(definition);

      assertThat(result.rowsDifferent()).isEqualTo(ROWS);
      assertThat(result.differences()).hasSize(100).doesNotHaveDuplicates();
    }

    @Test
    void anewWhenCalledAgain() {
      BackfillDefinition definition = filledOrders(statusCode());
      database.execute("update orders set status_code = 'lost' where id = 5");
      VerifyResult first = verify(definition);
      database.execute("update orders set status_code = 'shipped' where id = 5");

      VerifyResult second = verify(definition);

      assertThat(second.clean()).isTrue();
      assertThat(second.rowsCompared()).isEqualTo(ROWS);
      assertThat(second.startedAt()).isAfter(first.startedAt());
    }

    @Test
    void toOperators() {
      BackfillDefinition definition = filledOrders(statusCode());
      Backfills backfills = Backfills.on(database.dataSource());
      assertThat(backfills.verification(RUN)).isEmpty();
      database.execute("update orders set status_code = 'lost' where id = 5");

      VerifyResult result = verify(definition);

      VerificationStatus status = backfills.verification(RUN).orElseThrow();
      assertThat(status.fraction()).isEqualTo(1);
      assertThat(status.rowsCompared()).isEqualTo(ROWS);
      assertThat(status.rowsDifferent()).isEqualTo(1);
      assertThat(status.differences()).isEqualTo(result.differences());
      assertThat(status.alive()).isFalse();
      assertThat(status.finishedAt()).isPresent();
    }

    @Test
    void rowsThatARunHasNotReachedAsUnfilled() throws InterruptedException {
      database.ordersTable(20_000);
      CountDownLatch firstBatch = new CountDownLatch(1);
      BackfillDefinition definition =
          statusCode()
              .batchSize(BatchSize.fixed(100))
              .maxRowsPerSecond(2_000)
              .listener(
                  event -> {
                    if (event instanceof BackfillEvent.BatchCommitted) {
                      firstBatch.countDown();
                    }
                  })
              .build();
      try (BackfillRun run = definition.on(database.dataSource()).start()) {
        assertThat(firstBatch.await(1, TimeUnit.MINUTES)).isTrue();
        run.stop();
        assertThat(run.completion().join().state()).isEqualTo(RunState.STOPPED);
      }
      long unfilled = database.queryLong("select count(*) from orders where status_code is null");
      assertThat(unfilled).isPositive();

      VerifyResult result = verify(definition);

      assertThat(result.rowsCompared()).isEqualTo(20_000);
      assertThat(result.rowsUnfilled()).isEqualTo(unfilled);
      assertThat(result.rowsDifferent()).isZero();
    }

    @Test
    @DisplayName("D5: the rows of each partition, under its name")
    void partitions() {
      database.execute(
          "create table t (region text, id int, primary key (region, id)) partition by list (region)",
          "create table t_north partition of t for values in ('north')",
          "create table t_south partition of t for values in ('south')",
          "insert into t select case g % 2 when 0 then 'north' else 'south' end, g"
              + " from generate_series(1, 2000) g");
      BackfillDefinition definition =
          filled(
              Backfill.column("t", "c")
                  .type("text")
                  .value("region || id")
                  .contract(Contract.none()));
      database.execute(
          "update t set c = 'lost' where (region, id) = ('south', 501)",
          "create table t_west partition of t for values in ('west')",
          "insert into t (region, id, c) values ('west', 1, 'west1'), ('west', 2, 'west')");

      VerifyResult result = verify(definition);

      assertThat(result.rowsCompared()).isEqualTo(2002);
      assertThat(result.differences())
          .containsExactlyInAnyOrder(
              new DifferentRow("\"public\".\"t_south\"", List.of("south", "501"), Optional.empty()),
              new DifferentRow("\"public\".\"t_west\"", List.of("west", "2"), Optional.empty()));
    }

    @Test
    @DisplayName("D7: of names that must be quoted")
    void quotedNames() {
      database.execute(
          "create schema \"Weird \"\"Schema\"\"\"",
          "create table \"Weird \"\"Schema\"\"\".\"Order\" (\"Id?\" int, \"from\" text,"
              + " primary key (\"from\", \"Id?\"))",
          "insert into \"Weird \"\"Schema\"\"\".\"Order\" select g, 'it''s \"' from generate_series(1, 50) g");
      BackfillDefinition definition =
          filled(
              Backfill.column("Weird \"Schema\"", "Order", "Status \"Code\"")
                  .type("text")
                  .value("\"Order\".\"from\" || '?' -- a comment")
                  .contract(Contract.none()));
      database.execute(
          "update \"Weird \"\"Schema\"\"\".\"Order\" set \"Status \"\"Code\"\"\" = '' where \"Id?\" = 3");

      VerifyResult result = verify(definition);

      assertThat(result.rowsCompared()).isEqualTo(50);
      assertThat(keys(result)).containsExactly(List.of("it's \"", "3"));
    }

    @Test
    void nothingOfRowsOutsideOfWhere() {
      BackfillDefinition definition =
          filledOrders(statusCode().where("shipped_at is not null and id > 0"));
      database.execute("update orders set status_code = 'lost' where id in (3, 4)");

      VerifyResult result = verify(definition);

      assertThat(result.rowsCompared())
          .isEqualTo(
              database.queryLong("select count(*) from orders where shipped_at is not null"));
      assertThat(result.rowsUnfilled()).isZero();
      assertThat(keys(result)).containsExactly(List.of("4"));
    }

    @Test
    void constants() {
      BackfillDefinition definition =
          filledOrders(Backfill.column("orders", "region").type("varchar(5)").constant("it's?"));
      database.execute("update orders set region = 'x' where id = 9");

      assertThat(keys(verify(definition))).containsExactly(List.of("9"));
    }

    @Test
    @DisplayName("a row whose value cannot be computed as different, with the reason, and no other")
    void valuesThatCannotBeComputed() {
      database.execute(
          "create table t (id int primary key, q int)",
          "insert into t select g, g from generate_series(1, 1000) g");
      BackfillDefinition definition =
          filled(
              Backfill.column("t", "share")
                  .type("int")
                  .value("1000 / q")
                  .newRows(NewRows.application())
                  .contract(Contract.none()));
      database.execute(
          "update t set q = 0, share = 1 where id = 500", "insert into t (id, q) values (1001, 0)");

      VerifyResult result = verify(definition);

      assertThat(result.rowsCompared()).isEqualTo(1001);
      assertThat(result.rowsUnfilled()).isEqualTo(1);
      assertThat(result.differences())
          .singleElement()
          .satisfies(
              row -> {
                assertThat(row.key()).containsExactly("500");
                assertThat(row.problem().orElseThrow()).contains("22012", "division by zero");
              });
    }
  }

  @Nested
  class OfAJavaFunction {
    private BackfillBuilder noteLength() {
      return Backfill.column("orders", "length")
          .type("numeric(9,1)")
          .value(
              List.of("note"),
              row -> {
                String note = String.valueOf(row.get("note", String.class));
                if (note.startsWith("bad")) {
                  throw new IllegalArgumentException("a bad note");
                }
                return note.startsWith("text") ? "no number" : note.length();
              })
          .newRows(NewRows.application())
          .contract(Contract.none());
    }

    @Test
    void comparesWhatItYields() {
      BackfillDefinition definition = filledOrders(noteLength());
      assertThat(verify(definition).clean()).isTrue();
      database.execute(
          "update orders set note = note || '!' where id = 11",
          "update orders set length = null where id = 12");

      VerifyResult result = verify(definition);

      assertThat(result.rowsCompared()).isEqualTo(ROWS);
      assertThat(result.rowsUnfilled()).isEqualTo(1);
      assertThat(keys(result)).containsExactly(List.of("11"));
    }

    @Test
    void countsRowsAsDifferentForWhichItFails() {
      BackfillDefinition definition = filledOrders(noteLength());
      database.execute(
          "update orders set note = 'bad' where id = 21",
          "update orders set note = 'text' where id = 22");

      VerifyResult result = verify(definition);

      assertThat(result.rowsCompared()).isEqualTo(ROWS);
      assertThat(result.rowsDifferent()).isEqualTo(2);
      assertThat(result.differences())
          .extracting(row -> row.key().get(0), row -> row.problem().orElseThrow())
          .satisfiesExactlyInAnyOrder(
              row -> assertThat(row.toList().toString()).contains("21", "IllegalArgumentException"),
              row -> assertThat(row.toList().toString()).contains("22", "22P02"));
    }
  }

  @Nested
  class OfType {
    @ParameterizedTest(name = "{0}")
    @DisplayName("tells a value from another, whether the type has an operator = or not")
    @CsvSource(
        delimiter = ';',
        quoteCharacter = '`',
        value = {
          "json          ; ('{\"id\":' || id || '}')::json       ; '{\"id\": 3}'",
          "jsonb         ; jsonb_build_object('id', id)          ; '{\"id\": 4}'",
          "xml           ; ('<i>' || id || '</i>')::xml          ; '<j/>'",
          "point         ; point(id, 1)                          ; '(3,2)'",
          "box           ; box(point(0, 0), point(1, id))        ; '(3,1),(0,0)'",
          "text[]        ; array[id::text, null]                 ; '{3}'",
          "json[]        ; array[('[' || id || ']')::json]       ; '{\"[4]\"}'",
          "char(5)       ; id::text                              ; '4'",
          "varchar(4)    ; 'v' || id                             ; 'V3'",
          "bytea         ; decode(md5(id::text), 'hex')          ; '\\x00'",
          "numeric(12,3) ; id / 3.0                              ; '1.001'",
          "real          ; id / 7.0                              ; '0.5'",
          "bit varying   ; id::bit(8)                            ; '0'",
          "interval      ; make_interval(mins => id)             ; '4 min'",
          "date          ; timestamptz '2026-01-01 12:00Z' + make_interval(days => id) ; '2026-01-01'",
          "int4range     ; int4range(0, id)                      ; '[0,5]'"
        })
    void differs(String type, String value, String other) {
      database.execute(
          "create table t (id int primary key)", "insert into t select generate_series(1, 20)");
      BackfillDefinition definition =
          filled(Backfill.column("t", "c").type(type).value(value).contract(Contract.none()));
      assertThat(verify(definition).clean()).isTrue();
      database.execute("update t set c = " + other + " where id = 3");

      VerifyResult result = verify(definition);

      assertThat(result.rowsCompared()).isEqualTo(20);
      assertThat(keys(result)).containsExactly(List.of("3"));
    }

    @Test
    void takesNumbersForTheSameThatAreEqual() {
      database.execute(
          "create table t (id int primary key)", "insert into t select generate_series(1, 20)");
      BackfillDefinition definition =
          filled(
              Backfill.column("t", "c")
                  .type("numeric")
                  .value("id + 0.5")
                  .contract(Contract.none()));
      database.execute("update t set c = 3.500 where id = 3");

      assertThat(verify(definition).clean()).isTrue();
    }

    @Test
    @DisplayName("by an operator that is not on the search path, as one of an extension may not be")
    void operatorsOfAnotherSchema() {
      String num = "(elsewhere.num, elsewhere.num)";
      String internal = " language internal immutable strict as ";
      database.execute(
          "drop schema if exists elsewhere cascade",
          "create schema elsewhere",
          "create type elsewhere.num",
          "create function elsewhere.num_in(cstring) returns elsewhere.num" + internal + "'int4in'",
          "create function elsewhere.num_out(elsewhere.num) returns cstring"
              + internal
              + "'int4out'",
          "create type elsewhere.num"
              + " (input = elsewhere.num_in, output = elsewhere.num_out, like = int4)",
          "create function elsewhere.eq" + num + " returns boolean" + internal + "'int4eq'",
          "create function elsewhere.lt" + num + " returns boolean" + internal + "'int4lt'",
          "create function elsewhere.cmp" + num + " returns int" + internal + "'btint4cmp'",
          "create operator elsewhere.?=? (leftarg = elsewhere.num, rightarg = elsewhere.num,"
              + " function = elsewhere.eq)",
          "create operator elsewhere.< (leftarg = elsewhere.num, rightarg = elsewhere.num,"
              + " function = elsewhere.lt)",
          "create operator class elsewhere.num_ops default for type elsewhere.num using btree as"
              + " operator 1 elsewhere.<, operator 3 elsewhere.?=?, function 1 elsewhere.cmp"
              + num,
          "create table t (id int primary key)",
          "insert into t select generate_series(1, 20)");
      BackfillDefinition definition =
          filled(
              Backfill.column("t", "c")
                  .type("elsewhere.num")
                  .value("cast(id::text as elsewhere.num)")
                  .contract(Contract.none()));
      assertThat(verify(definition).clean()).isTrue();
      database.execute("update t set c = '4' where id = 3");

      assertThat(keys(verify(definition))).containsExactly(List.of("3"));
    }

    @Test
    @DisplayName("T6: tells texts apart that their collation takes for equal")
    void nondeterministicCollation() {
      database.execute(
          "create collation if not exists ignoring_case"
              + " (provider = icu, locale = 'und-u-ks-level2', deterministic = false)",
          "create table t (id int primary key, c text collate ignoring_case)",
          "insert into t select generate_series(1, 20)");
      BackfillDefinition definition =
          filled(
              Backfill.column("t", "c").type("text").value("'v' || id").contract(Contract.none()));
      database.execute("update t set c = 'V3' where id = 3");

      assertThat(keys(verify(definition))).containsExactly(List.of("3"));
    }
  }

  @Nested
  class Repair {
    private long repair(BackfillDefinition definition) {
      return definition.on(database.dataSource()).verify().repair();
    }

    @Test
    @DisplayName("D1: fills the rows without a value and overwrites none")
    void fillsNulls() {
      BackfillDefinition definition = filledOrders(statusCode());
      withoutCover("orders");
      database.execute(
          "update orders set status_code = null where id in (3, 4, 2999)",
          "update orders set status_code = 'lost' where id = 5");
      assertThat(verify(definition).rowsUnfilled()).isEqualTo(3);

      assertThat(repair(definition)).isEqualTo(3);

      VerifyResult after = verify(definition);
      assertThat(after.rowsUnfilled()).isZero();
      assertThat(keys(after)).containsExactly(List.of("5"));
      assertThat(database.queryString("select status_code from orders where id = 5"))
          .isEqualTo("lost");
      assertThat(Backfills.on(database.dataSource()).list())
          .singleElement()
          .satisfies(
              run -> {
                assertThat(run.state()).isEqualTo(RunState.DONE);
                assertThat(run.owner()).isEmpty();
                assertThat(run.rowsFilled()).isEqualTo(ROWS + 3);
              });
      assertThat(repair(definition)).isZero();
    }

    @Test
    void beforeTheContractIsApproved() {
      database.ordersTable(ROWS);
      BackfillDefinition definition = statusCode(Contract.manual()).build();
      BoundBackfill bound = definition.on(database.dataSource());
      assertThat(bound.run().state()).isEqualTo(RunState.AWAITING_APPROVAL);
      withoutCover("orders");
      database.execute("update orders set status_code = null where id = 3");

      assertThat(repair(definition)).isEqualTo(1);

      assertThat(Backfills.on(database.dataSource()).list().get(0).state())
          .isEqualTo(RunState.AWAITING_APPROVAL);
      Backfills.on(database.dataSource()).approveContract(RUN);
      assertThat(bound.run().notNull()).isTrue();
    }

    @Test
    void isRefusedWhileTheRunFillsRowsItself() {
      BackfillDefinition definition = filledOrders(statusCode());
      database.execute("update backfill.run set phase = 'BACKFILL', state = 'STOPPED'");

      assertThatThrownBy(() -> repair(definition))
          .isInstanceOf(RunFailedException.class)
          .hasMessageContaining("phase BACKFILL")
          .hasMessageContaining("Start it");
    }

    @Test
    void isRefusedWhileSomebodyOwnsTheRun() {
      BackfillDefinition definition = filledOrders(statusCode());
      database.execute(
          "update backfill.run set phase = 'CONTRACT', owner = 'another node',"
              + " lease_until = clock_timestamp() + interval '1 hour'");

      assertThatThrownBy(() -> repair(definition))
          .isInstanceOf(RunFailedException.class)
          .hasMessageContaining("at work")
          .hasMessageContaining("another node");
    }
  }

  @Nested
  class IsRefused {
    @Test
    void beforeTheBackfill() {
      database.ordersTable(10);

      assertThatThrownBy(() -> verify(statusCode().build()))
          .isInstanceOf(PreflightException.class)
          .hasMessageContaining("no run named " + RUN)
          .hasMessageContaining("Start the backfill first");
      assertThat(database.queryString("select to_regnamespace('backfill')")).isNull();
    }

    @Test
    void whenTheColumnIsGone() {
      BackfillDefinition definition = filledOrders(statusCode());
      database.execute("alter table orders drop column status_code cascade");

      assertThatThrownBy(() -> verify(definition))
          .isInstanceOf(PreflightException.class)
          .hasMessageContaining("\"status_code\" of \"public\".\"orders\" does not exist");
    }

    @Test
    void byAnotherDefinition() {
      filledOrders(statusCode());
      BackfillDefinition other =
          Backfill.column("orders", "status_code")
              .type("text")
              .value("'new'")
              .contract(Contract.none())
              .build();

      assertThatThrownBy(() -> verify(other))
          .isInstanceOf(RunMismatchException.class)
          .hasMessageContaining("'new'");
    }

    @ParameterizedTest
    @ValueSource(
        strings = {"(random() * id)::text", "nextval('s')::text", "(select id::text || random())"})
    void ofAValueThatIsVolatile(String value) {
      database.ordersTable(10);
      database.execute("drop sequence if exists s", "create sequence s");
      BackfillDefinition definition =
          filled(
              Backfill.column("orders", "status_code")
                  .type("text")
                  .value(value)
                  .newRows(NewRows.application())
                  .contract(Contract.none()));
      String before = database.queryString("select last_value from s");

      assertThatThrownBy(() -> verify(definition))
          .isInstanceOf(PreflightException.class)
          .hasMessageContaining("volatile")
          .hasMessageContaining(value);
      assertThat(database.queryString("select last_value from s")).isEqualTo(before);
    }
  }
}
