package dev.backfill.internal.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.backfill.internal.contract.ContractFixture.Step;
import dev.backfill.internal.contract.ContractFixture.Stopped;
import dev.backfill.internal.postgres.ShortReads.BeforeChunk;
import dev.backfill.model.NullsRemainException;
import dev.backfill.testing.PostgresTest;
import dev.backfill.testing.TestDatabase;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@PostgresTest
class ContractorIT {
  private static final BeforeChunk GO_ON = () -> {};

  TestDatabase database;

  @BeforeEach
  void clean() {
    database.execute("drop table if exists t cascade", "drop type if exists pair");
  }

  private void table(int rows) {
    database.execute(
        "create table t (id int primary key, c text, touched int default 0)",
        "insert into t select g, 'v' from generate_series(1, " + rows + ") g");
  }

  private void partitions() {
    database.execute(
        "create table t (id int primary key, c text) partition by range (id)",
        "create table l1 partition of t for values from (0) to (1000)",
        "create table m partition of t for values from (1000) to (3000) partition by range (id)",
        "create table l2 partition of m for values from (1000) to (2000)",
        "create table l3 partition of m for values from (2000) to (3000)",
        "insert into t select g, 'v' from generate_series(0, 2999) g");
  }

  private boolean isNative() {
    return database.serverMajor() >= 18;
  }

  /**
   * Constraints of the table and its partitions on anything but the key, and who may not be NULL.
   */
  private List<String> schema() {
    return database.queryStrings(
        """
        select conrelid::regclass || ' ' || conname || ' ' || pg_get_constraintdef(oid)
        from pg_constraint
        where conrelid::regclass::text in ('t', 'l1', 'l2', 'l3', 'm') and contype in ('c', 'n')
          and conname not like '%id_not_null'
        union all
        select attrelid::regclass || ' not null' from pg_attribute
        where attrelid::regclass::text in ('t', 'l1', 'l2', 'l3', 'm') and attname = 'c'
          and attnotnull
        order by 1
        """);
  }

  private void assertContracted(ContractFixture fixture) throws Exception {
    assertThat(fixture.isNotNullValid()).isTrue();
    assertThat(fixture.remaining()).isEmpty();
    assertThat(schema()).noneMatch(line -> line.contains("CHECK")).isNotEmpty();
    assertThatThrownBy(() -> database.execute("insert into t (id) values (5)"))
        .hasMessageContaining("violates not-null constraint");
  }

  @Test
  void appliesNotNullToAFilledColumn() throws Exception {
    table(1000);
    ContractFixture fixture = ContractFixture.of(database);
    List<String> announced = fixture.remaining();

    fixture.contract();

    assertContracted(fixture);
    assertThat(fixture.statements()).isEqualTo(announced);
    assertThat(fixture.swept()).isEmpty();
  }

  @Test
  void analyzesTheColumn() throws Exception {
    table(1000);
    ContractFixture.of(database).contract();
    assertThat(
            database.queryStrings(
                "select attname || ' ' || null_frac from pg_stats where tablename = 't'"))
        .containsExactly("c 0");
  }

  @Test
  void changesNothingTheSecondTime() throws Exception {
    table(1000);
    ContractFixture.of(database).contract();
    List<String> schema = schema();
    ContractFixture second = ContractFixture.of(database);

    second.contract();

    assertThat(second.statements()).singleElement().asString().startsWith("analyze");
    assertThat(schema()).isEqualTo(schema);
  }

  @Nested
  class StepByStep {

    private void assertStepsAreRight(ContractFixture fixture) {
      assertThat(fixture.steps())
          .allSatisfy(
              step -> {
                if (step.isStrong()) {
                  assertThat(step.scans()).as("scans of " + step.sql()).isZero();
                  assertThat(step.sql()).doesNotContain("validate", "analyze");
                } else {
                  assertThat(step.sql()).containsAnyOf("validate", "analyze");
                  assertThat(step.locks()).contains("ShareUpdateExclusiveLock");
                }
              });
      assertThat(fixture.statements()).doesNotHaveDuplicates();
    }

    @Test
    @DisplayName("L2, L3, L14: every strong statement is instant; validation holds no strong lock")
    void strongStatementsReadNothing() throws Exception {
      table(20_000);
      ContractFixture fixture = ContractFixture.of(database);

      fixture.contractInSteps();

      assertStepsAreRight(fixture);
      assertThat(fixture.steps()).anyMatch(step -> step.scans() > 0 && !step.isStrong());
      assertThat(fixture.steps()).filteredOn(Step::isStrong).hasSize(isNative() ? 1 : 3);
      assertContracted(fixture);
    }

    @Test
    @DisplayName("L2, L3: the same over two levels of partitions, each validated by itself")
    void strongStatementsReadNoPartition() throws Exception {
      partitions();
      ContractFixture fixture = ContractFixture.of(database);

      fixture.contractInSteps();

      assertStepsAreRight(fixture);
      assertThat(fixture.steps())
          .filteredOn(step -> step.sql().contains("validate"))
          .extracting(Step::scans)
          .as("each leaf once, the parent none")
          .containsExactly(1L, 1L, 1L, 0L);
      assertContracted(fixture);
    }

    @Test
    @Tag("slow")
    @DisplayName("L2: SET NOT NULL is instant on 10 million rows")
    void strongStatementsReadNothingOfTenMillionRows() throws Exception {
      table(10_000_000);
      ContractFixture fixture = ContractFixture.of(database);

      fixture.contractInSteps();

      assertStepsAreRight(fixture);
      assertContracted(fixture);
    }

    @Test
    @DisplayName("L14: SET NOT NULL and DROP CONSTRAINT in one statement would scan")
    void theMeasureSeesAScan() throws Exception {
      table(1000);
      database.execute("alter table t add constraint k check (c is not null)");
      try (var connection = database.direct().getConnection();
          var statement = connection.createStatement()) {
        connection.setAutoCommit(false);
        statement.execute("alter table t alter column c set not null, drop constraint k");
        try (var row = statement.executeQuery("select pg_stat_get_xact_numscans('t'::regclass)")) {
          row.next();
          assertThat(row.getLong(1)).isPositive();
        }
      }
    }

    @Test
    void aStatementThatIsFencedLeavesNothing() throws Exception {
      table(100);
      ContractFixture fixture = ContractFixture.of(database);
      List<String> before = schema();
      fixture.failNextFence();

      assertThatThrownBy(fixture::contract).isInstanceOf(Stopped.class);
      assertThat(schema()).isEqualTo(before);

      fixture.contract();
      assertContracted(fixture);
    }
  }

  @Nested
  class HalfMade {

    @ParameterizedTest
    @ValueSource(
        strings = {
          "add constraint backfill_c_not_null check (c is not null) not valid",
          "add constraint backfill_c_not_null check (c is not null)",
          "add constraint backfill_c_not_null check (c is not null), alter c set not null",
        })
    @DisplayName("D12: what a crash left half way is finished")
    void byCheckIsFinished(String left) throws Exception {
      table(100);
      database.execute("alter table t " + left);
      ContractFixture fixture = ContractFixture.of(database);

      fixture.contractInSteps();

      assertContracted(fixture);
      assertThat(fixture.steps()).filteredOn(Step::isStrong).allMatch(step -> step.scans() == 0);
    }

    @ParameterizedTest
    @ValueSource(strings = {"backfill_c_not_null", "theirs"})
    @DisplayName("D12: NOT NULL that is NOT VALID is not taken for NOT NULL, and is finished")
    void nativeIsFinished(String name) throws Exception {
      assumeTrue(isNative(), "NOT NULL can be NOT VALID from PostgreSQL 18 on");
      table(100);
      database.execute(
          "insert into t (id) values (200)",
          "alter table t add constraint " + name + " not null c not valid");
      ContractFixture fixture = ContractFixture.of(database);
      assertThat(fixture.isNotNullValid()).isFalse();

      fixture.contractInSteps();

      assertThat(fixture.swept()).hasSize(1);
      assertContracted(fixture);
      assertThat(fixture.steps()).noneMatch(Step::isStrong);
    }

    @Test
    @DisplayName("D12: a partition's own NOT NULL that is NOT VALID is finished too")
    void aPartitionIsFinished() throws Exception {
      assumeTrue(isNative(), "NOT NULL can be NOT VALID from PostgreSQL 18 on");
      partitions();
      database.execute(
          "alter table l1 add constraint own1 not null c not valid",
          "alter table l2 add constraint own2 not null c",
          "alter table t add constraint theirs check (c is not null)");
      ContractFixture fixture = ContractFixture.of(database);

      fixture.contractInSteps();

      assertThat(fixture.isNotNullValid()).isTrue();
      assertThat(
              database.queryLong(
                  "select count(*) from pg_constraint where contype = 'n' and not convalidated"))
          .isZero();
      assertThat(fixture.steps()).filteredOn(Step::isStrong).allMatch(step -> step.scans() == 0);
    }
  }

  @Test
  void whatIsValidatedIsNotReadAgain() throws Exception {
    table(100);
    database.execute("alter table t add constraint backfill_c_not_null check (c is not null)");
    ContractFixture fixture = ContractFixture.of(database);
    AtomicInteger calls = new AtomicInteger();

    fixture.contract(calls::incrementAndGet);

    assertContracted(fixture);
    assertThat(calls).as("steps, and no chunk").hasValue(fixture.steps().size());
  }

  @Nested
  class ConstraintsOfTheUser {

    @Test
    void aValidCheckIsUsedAndStays() throws Exception {
      table(1000);
      database.execute("alter table t add constraint theirs check (c is not null)");
      ContractFixture fixture = ContractFixture.of(database);

      fixture.contractInSteps();

      assertThat(fixture.isNotNullValid()).isTrue();
      assertThat(fixture.steps())
          .hasSize(2)
          .allMatch(step -> step.scans() == 0 || !step.isStrong());
      assertThat(fixture.statements().get(0)).endsWith("set not null");
      assertThat(schema()).contains("t theirs CHECK ((c IS NOT NULL))");
    }

    @Test
    void anotherConstraintOfOurNameStays() throws Exception {
      table(100);
      database.execute(
          "alter table t add constraint backfill_c_not_null check (c is not null or id > 0)");
      ContractFixture fixture = ContractFixture.of(database);

      fixture.contract();

      assertThat(fixture.isNotNullValid()).isTrue();
      assertThat(fixture.remaining()).isEmpty();
      assertThat(schema())
          .filteredOn(line -> line.contains("CHECK"))
          .singleElement()
          .asString()
          .contains("backfill_c_not_null");
    }
  }

  @Nested
  class WhileNullsRemain {

    @Test
    @DisplayName("D3: rows outside of where keep the table as it was")
    void outsideOfWhere() throws Exception {
      table(1000);
      database.execute("update t set c = null where id in (41, 42, 700)");
      ContractFixture fixture = ContractFixture.of(database, "id > 41");
      List<String> before = schema();

      assertThatThrownBy(fixture::contract)
          .isInstanceOf(NullsRemainException.class)
          .hasMessageContaining("1 row of \"public\".\"t\" has no value in \"c\"")
          .hasMessageContaining("for example where \"id\" = 41.")
          .hasMessageContaining("outside of where(...)");

      assertThat(schema()).isEqualTo(before);
      assertThat(fixture.steps()).isEmpty();
      assertThat(database.update("update t set touched = 1 where id = 41")).isEqualTo(1);
    }

    @Test
    void whereThatIsNullIsOutsideToo() throws Exception {
      table(10);
      database.execute("update t set c = null, touched = null where id = 7");
      ContractFixture fixture = ContractFixture.of(database, "touched = 0 -- only these");
      assertThatThrownBy(fixture::contract)
          .isInstanceOf(NullsRemainException.class)
          .hasMessageContaining("\"id\" = 7");
    }

    @Test
    @DisplayName("D3: an application that goes on writing NULL keeps the table as it was")
    void stillWritten() throws Exception {
      table(100);
      database.execute("update t set c = null");
      ContractFixture fixture = ContractFixture.of(database);
      AtomicInteger id = new AtomicInteger(1000);

      assertThatThrownBy(
              () ->
                  fixture.contract(
                      range -> {
                        long filled = fixture.fill(range);
                        database.update("insert into t (id) values (?)", id.incrementAndGet());
                        return filled;
                      },
                      GO_ON))
          .isInstanceOf(NullsRemainException.class)
          .hasMessageContaining("the application goes on writing")
          .hasMessageContaining("\"id\" = ");

      assertThat(fixture.steps()).isEmpty();
    }

    @Test
    @DisplayName("D2: rows that the sweep cannot fill are reported, not looped on")
    void notFilled() throws Exception {
      table(100);
      database.execute("update t set c = null where id <= 20");
      ContractFixture fixture = ContractFixture.of(database);

      assertThatThrownBy(() -> fixture.contract(range -> 0, GO_ON))
          .isInstanceOf(NullsRemainException.class)
          .hasMessageContaining("20 rows")
          .hasMessageContaining(
              "\"id\" = 1 or \"id\" = 2 or \"id\" = 3 or \"id\" = 4 or \"id\" = 5.")
          .hasMessageContaining("trigger");

      assertThat(fixture.swept()).hasSize(1);
      assertThat(fixture.steps()).isEmpty();
    }

    @Test
    @DisplayName("D2: rows that move between their finding and their filling are found again")
    void rowsThatMove() throws Exception {
      table(100);
      database.execute("update t set c = null where id = 1");
      ContractFixture fixture = ContractFixture.of(database);
      AtomicInteger sweeps = new AtomicInteger();

      fixture.contract(
          range -> {
            if (sweeps.incrementAndGet() == 1) {
              database.execute(
                  "delete from t where id = 1",
                  "insert into t (id, c) select n, 'x' from generate_series(1001, 4000) n",
                  "insert into t (id) values (1)");
            }
            return fixture.fill(range);
          },
          GO_ON);

      assertThat(sweeps).hasValue(2);
      assertThat(fixture.isNotNullValid()).isTrue();
    }

    @Test
    @DisplayName("D5: a foreign partition is refused by name")
    void foreignPartition() throws Exception {
      partitions();
      ContractFixture fixture = ContractFixture.of(database);
      database.execute(
          "create foreign data wrapper elsewhere",
          "create server elsewhere foreign data wrapper elsewhere",
          "alter table t drop constraint t_pkey",
          "create foreign table far partition of t for values from (5000) to (6000)"
              + " server elsewhere");
      try {
        assertThatThrownBy(fixture::contract)
            .isInstanceOf(NullsRemainException.class)
            .hasMessageContaining("\"public\".\"far\"")
            .hasMessageContaining("foreign table");
        assertThat(fixture.steps()).isEmpty();
      } finally {
        database.execute("drop foreign data wrapper elsewhere cascade");
      }
    }
  }

  @Nested
  class WhenANullSlipsIn {
    private final AtomicInteger calls = new AtomicInteger();

    /** After the only chunk was read, before the first statement. */
    private BeforeChunk betweenProofAndConstraint(String sql) {
      return () -> {
        if (calls.incrementAndGet() == 2) {
          database.execute(sql);
        }
      };
    }

    @Test
    void itIsSweptAndTheValidationTriedAgain() throws Exception {
      table(100);
      ContractFixture fixture = ContractFixture.of(database);

      fixture.contract(betweenProofAndConstraint("insert into t (id) values (1000)"));

      assertThat(fixture.swept()).hasSize(1);
      assertContracted(fixture);
      assertThat(database.queryString("select c from t where id = 1000")).isEqualTo("filled");
    }

    @Test
    @DisplayName("D3: a row that cannot be filled: the constraint, which blocks it, is taken back")
    void theConstraintIsTakenBack() throws Exception {
      table(100);
      ContractFixture fixture = ContractFixture.of(database, "id < 1000");
      List<String> before = schema();

      assertThatThrownBy(
              () -> fixture.contract(betweenProofAndConstraint("insert into t (id) values (1000)")))
          .isInstanceOf(NullsRemainException.class)
          .hasMessageContaining("\"id\" = 1000")
          .hasNoSuppressedExceptions();

      assertThat(schema()).isEqualTo(before);
      assertThat(fixture.statements()).last().asString().contains("drop constraint");
      assertThat(database.update("update t set touched = 1 where id = 1000")).isEqualTo(1);
    }

    @Test
    @DisplayName("D3: so is one that an earlier start left behind")
    void whatAnEarlierStartLeftIsTakenBack() throws Exception {
      table(100);
      database.execute(
          "insert into t (id) values (1000)",
          "alter table t add constraint backfill_c_not_null check (c is not null) not valid");
      ContractFixture fixture = ContractFixture.of(database, "id < 1000");

      assertThatThrownBy(fixture::contract).isInstanceOf(NullsRemainException.class);

      assertThat(schema()).isEmpty();
    }
  }

  @Nested
  class Partitions {

    @Test
    @DisplayName("D5: a leaf that was attached in mid-run is filled, two levels down too")
    void attachedInMidRun() throws Exception {
      partitions();
      database.execute("drop table l3");
      ContractFixture fixture = ContractFixture.of(database);
      database.execute(
          "create table l3 (c text, id int primary key)",
          "insert into l3 (id) select g from generate_series(2000, 2999) g",
          "alter table m attach partition l3 for values from (2000) to (3000)");

      fixture.contract();

      assertThat(fixture.swept()).allMatch(range -> range.leaf().name().equals("l3")).isNotEmpty();
      assertContracted(fixture);
      assertThat(database.queryLong("select count(*) from l3 where c = 'filled'")).isEqualTo(1000);
    }

    @Test
    void droppedInMidContract() throws Exception {
      partitions();
      ContractFixture fixture = ContractFixture.of(database);
      database.execute("update t set c = null where id > 2500");

      fixture.contract(
          range -> {
            database.execute("drop table l3");
            return fixture.fill(range);
          },
          GO_ON);

      assertContracted(fixture);
      assertThat(fixture.statements()).noneMatch(sql -> sql.contains("l3"));
    }

    @Test
    void detachedBetweenTwoSteps() throws Exception {
      partitions();
      ContractFixture fixture = ContractFixture.of(database);

      fixture.contract(
          () -> {
            if (fixture.steps().size() == 2
                && !database
                    .queryStrings("select 1 from pg_inherits where inhrelid = to_regclass('l3')")
                    .isEmpty()) {
              database.execute("alter table m detach partition l3", "drop table l3");
            }
          });

      assertContracted(fixture);
    }

    @Test
    void aLeafMayHaveANotNullOfItsOwn() throws Exception {
      partitions();
      database.execute("alter table l1 alter c set not null");
      ContractFixture fixture = ContractFixture.of(database);

      fixture.contractInSteps();

      assertContracted(fixture);
      assertThat(fixture.steps()).filteredOn(Step::isStrong).allMatch(step -> step.scans() == 0);
    }
  }

  @Test
  @DisplayName("D7: names with quotes, upper case and reserved words")
  void quotesNames() throws Exception {
    database.execute(
        "drop table if exists \"Order\"\" {0}\"",
        "create table \"Order\"\" {0}\" (\"Key?\" int primary key, \"select\" int, \"Weird'\"\"Col\" text)",
        "insert into \"Order\"\" {0}\" select g, g, 'v' from generate_series(1, 10) g",
        "insert into \"Order\"\" {0}\" values (11, 11, null)");
    ContractFixture fixture =
        ContractFixture.of(
            database,
            "Order\" {0}",
            "Weird'\"Col",
            Optional.of("\"Order\"\" {0}\".\"select\" > 0 and '{\"a\":1}'::jsonb ? 'a'"));

    assertThatThrownBy(() -> fixture.contract(range -> 0, GO_ON))
        .isInstanceOf(NullsRemainException.class)
        .hasMessageContaining("\"Key?\" = 11");
    fixture.contract(
        range -> database.update("update \"Order\"\" {0}\" set \"Weird'\"\"Col\" = 'x'"), GO_ON);

    assertThat(fixture.isNotNullValid()).isTrue();
    assertThat(fixture.remaining()).isEmpty();
    database.execute("drop table \"Order\"\" {0}\"");
  }

  @Test
  void compositeTypesMayHoldNullFields() throws Exception {
    database.execute(
        "create type pair as (a int, b int)",
        "create table t (id int primary key, c pair)",
        "insert into t select g, row(g, null)::pair from generate_series(1, 100) g");
    ContractFixture fixture = ContractFixture.of(database);

    fixture.contractInSteps();

    assertContracted(fixture);
    assertThat(fixture.steps()).filteredOn(Step::isStrong).allMatch(step -> step.scans() == 0);
  }

  @Test
  void stopsBetweenTwoSteps() throws Exception {
    table(100);
    ContractFixture fixture = ContractFixture.of(database);

    assertThatThrownBy(
            () ->
                fixture.contract(
                    () -> {
                      if (!fixture.steps().isEmpty()) {
                        throw new Stopped();
                      }
                    }))
        .isInstanceOf(Stopped.class);

    assertThat(fixture.steps()).hasSize(1);
    assertThat(fixture.isNotNullValid()).isFalse();
  }

  @Test
  void theFinalReadingOfANullableColumnFillsWhatTheRunFills() throws Exception {
    table(100);
    database.execute("update t set c = null where id in (1, 99)");
    ContractFixture fixture = ContractFixture.of(database, "id > 50");

    fixture.sweepNullable();

    assertThat(database.queryStrings("select id from t where c is null")).containsExactly("1");
    assertThat(schema()).isEmpty();
  }
}
