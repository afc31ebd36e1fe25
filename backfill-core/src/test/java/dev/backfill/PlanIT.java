package dev.backfill;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.backfill.model.BackfillPlan;
import dev.backfill.model.LockNotAcquiredException;
import dev.backfill.model.Phase;
import dev.backfill.model.PlannedStatement;
import dev.backfill.model.PreflightException;
import dev.backfill.testing.LockHolder;
import dev.backfill.testing.PostgresTest;
import dev.backfill.testing.PreparedTransaction;
import dev.backfill.testing.TestDatabase;
import javax.sql.DataSource;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@PostgresTest
class PlanIT {
  private static final String VALUE =
      "case when shipped_at is null then 'pending' else 'shipped' end";

  TestDatabase database;

  @BeforeEach
  void orders() {
    database.execute("drop table if exists orders");
    database.ordersTable(20_000);
  }

  private static BackfillBuilder statusCode() {
    return Backfill.column("orders", "status_code").type("varchar(32)").value(VALUE);
  }

  @Test
  void namesEveryStatementWithItsLock() {
    BackfillPlan plan = statusCode().on(database.dataSource()).plan();

    assertThat(plan.statements())
        .extracting(PlannedStatement::phase)
        .contains(Phase.EXPAND, Phase.BACKFILL, Phase.CONTRACT);
    assertThat(plan.toString())
        .contains(
            "add column \"status_code\" character varying(32)",
            "ACCESS EXCLUSIVE",
            "ROW EXCLUSIVE",
            "Index Cond",
            "orders_pkey",
            "Estimates",
            "Deployment");
    assertThat(plan.estimatedRows()).isBetween(19_000L, 21_000L);
    assertThat(plan.estimatedWalBytes()).isPositive();
    System.out.println(plan);
  }

  @Test
  void showsTheKeysOfAStripeAsBatchesAskForThem() {
    BackfillPlan plan = statusCode().on(database.dataSource()).plan();

    if (database.serverMajor() >= 17) {
      assertThat(update(plan))
          .contains(
              "\"id\" = any(array(select generate_series(cast(? as bigint), cast(? as bigint), 8)))");
      assertThat(plan.updatePlan())
          .anyMatch(line -> line.contains("using orders_pkey"))
          .anyMatch(line -> line.matches(".*Index Cond: .*id = ANY.*"))
          .noneMatch(line -> line.contains("Bitmap"));
    } else {
      assertThat(update(plan)).contains("\"id\" & 7 = cast(? as int)");
      showsARangeThatHoldsRows(plan);
    }
  }

  @Test
  void showsARangeWhereKeysAreFewOrHaveGapsOrASubqueryIsAsked() {
    String dense = update(plan(statusCode().where("exists (select from orders o where o.id = 1)")));
    assertThat(dense).contains("\"id\" > ", "\"id\" & 7 = ");

    database.execute("update orders set id = -3 * id");
    BackfillPlan gaps = plan(statusCode());
    assertThat(update(gaps)).contains("\"id\" > ", "hashint8(\"orders\".\"id\") & 7 = ");
    assertThat(gaps.updatePlan()).anyMatch(line -> line.contains("Bitmap Index Scan"));

    database.execute("delete from orders where id < -300");
    assertThat(update(plan(statusCode()))).contains("\"id\" > ", "hashint8(");
  }

  private BackfillPlan plan(BackfillBuilder definition) {
    return definition.on(database.dataSource()).plan();
  }

  private static String update(BackfillPlan plan) {
    return plan.statements().stream()
        .map(PlannedStatement::sql)
        .filter(sql -> sql.startsWith("update"))
        .findFirst()
        .orElseThrow();
  }

  private static void showsARangeThatHoldsRows(BackfillPlan plan) {
    assertThat(plan.updatePlan()).anyMatch(line -> line.matches(".*id > .*[0-9].* AND .*id <= .*"));
  }

  @Test
  @DisplayName("L1: a plan does not wait without end for a table that somebody has locked")
  void saysWhoKeepsItFromReadingTheTable() {
    try (LockHolder holder = LockHolder.table(database, "orders", "access exclusive")) {
      assertThatThrownBy(() -> statusCode().on(database.dataSource()).plan())
          .isInstanceOf(LockNotAcquiredException.class)
          .hasMessageContaining("\"public\".\"orders\"")
          .hasMessageContaining("pid " + holder.pid() + " (holder, idle in transaction)")
          .hasMessageContaining("Nothing was changed");
    }
  }

  @Test
  @DisplayName("L1: nor does a run, when only a partition is locked")
  void aRunSaysWhoKeepsItFromReadingAPartition() {
    database.execute(
        "drop table if exists parts",
        "create table parts (id int primary key, note text) partition by range (id)",
        "create table parts_1 partition of parts for values from (0) to (10)");
    try (PreparedTransaction holder =
        PreparedTransaction.of(database, "lock table only parts_1 in access exclusive mode")) {
      assertThatThrownBy(
              () ->
                  Backfill.column("parts", "status_code")
                      .type("text")
                      .value("note")
                      .on(database.dataSource())
                      .run())
          .isInstanceOf(LockNotAcquiredException.class)
          .hasMessageContaining("prepared transaction '" + holder.gid());
    }
  }

  @Test
  void ofAConstantIsOneStatement() {
    BackfillPlan plan =
        Backfill.column("orders", "status_code")
            .type("varchar(32)")
            .constant("new")
            .on(database.dataSource())
            .plan();

    assertThat(plan.instant()).isTrue();
    assertThat(plan.statements())
        .singleElement()
        .extracting(PlannedStatement::sql)
        .isEqualTo(
            "alter table \"public\".\"orders\" add column \"status_code\" character varying(32)"
                + " default 'new' not null");
  }

  @Test
  @DisplayName("D6: the triggers that fire are listed, those of other columns are not")
  void listsTheTriggersThatFire() {
    database.execute(
        "create or replace function bump() returns trigger language plpgsql as"
            + " $$ begin new.updated_at := now(); return new; end $$",
        "create trigger bump before update on orders for each row execute function bump()",
        "create trigger other before update of note on orders for each row execute function bump()");

    assertThat(statusCode().on(database.dataSource()).plan().triggers())
        .singleElement()
        .asString()
        .contains("CREATE TRIGGER bump");
  }

  @Test
  void needsNoMoreThanARoleThatMayRead() {
    DataSource reader = database.role("reader", "select on orders", "usage on schema public");
    long before = objects();

    BackfillPlan plan = statusCode().on(reader).plan();

    assertThat(plan.missingRights())
        .anySatisfy(r -> assertThat(r).contains("TO reader"))
        .anySatisfy(r -> assertThat(r).contains("GRANT CREATE ON DATABASE"));
    assertThat(plan.toString()).contains("Rights that are missing", "GRANT");
    assertThat(objects()).isEqualTo(before);
    assertThat(database.queryLong("select count(*) from pg_namespace where nspname = 'backfill'"))
        .isZero();
  }

  private long objects() {
    return database.queryLong(
        "select (select count(*) from pg_class) + (select count(*) from pg_attribute)"
            + " + (select count(*) from pg_proc) + (select count(*) from pg_trigger)");
  }

  @Test
  void refusesWhatCannotRun() {
    assertThatThrownBy(
            () ->
                Backfill.column("no_such_table", "status_code")
                    .type("text")
                    .value("'x'")
                    .on(database.dataSource())
                    .plan())
        .isInstanceOf(PreflightException.class)
        .hasMessageContaining("no_such_table");
  }
}
