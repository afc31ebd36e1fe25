package dev.backfill;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backfill.model.BackfillPlan;
import dev.backfill.testing.PostgresTest;
import dev.backfill.testing.TestDatabase;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Batches beside triggers that were there before. */
@PostgresTest
class UserTriggersIT {
  private static final int ROWS = 2_000;
  private static final String BUMPED =
      "select count(*) from orders where updated_at = timestamptz '2000-01-01'";

  TestDatabase database;

  @BeforeEach
  void orders() {
    database.execute(
        "drop schema if exists backfill cascade", "drop table if exists orders cascade");
    database.ordersTable(ROWS);
    database.execute(
        """
        create or replace function bump() returns trigger language plpgsql as $$
        begin
          new.updated_at := timestamptz '2000-01-01';
          return new;
        end $$
        """);
  }

  private BoundBackfill statusCode() {
    return Backfill.column("orders", "status_code")
        .type("text")
        .value("case when shipped_at is null then 'pending' else 'shipped' end")
        .on(database.dataSource());
  }

  @Test
  @DisplayName("D6: a trigger that fires for each row is in the plan, and fires")
  void firesAsPlanned() {
    database.execute(
        "create trigger bump before update on orders for each row execute function bump()");

    BackfillPlan plan = statusCode().plan();
    assertThat(plan.triggers()).singleElement().asString().contains("CREATE TRIGGER bump");
    assertThat(plan.toString()).contains("Triggers that each filled row fires");
    statusCode().run();
    assertThat(database.queryLong(BUMPED)).isEqualTo(ROWS);
  }

  @Test
  @DisplayName("D6: a trigger of other columns is left alone by batches, and not in the plan")
  void ofOtherColumns() {
    database.execute(
        "create trigger bump before update of customer_id, amount, shipped_at, note, id on orders"
            + " for each row execute function bump()");

    assertThat(statusCode().plan().triggers()).isEmpty();
    statusCode().run();
    assertThat(database.queryLong(BUMPED)).isZero();
  }

  @Test
  @DisplayName("D6: a trigger that leaves batches out by their tag fires for all others")
  void leavesBatchesOut() {
    database.execute(
        "create trigger bump before update on orders for each row"
            + " when (current_query() not like '/* backfill %') execute function bump()");

    statusCode().run();
    assertThat(database.queryLong(BUMPED)).isZero();
    assertThat(database.queryLong("select count(status_code) from orders")).isEqualTo(ROWS);
    database.execute("update orders set note = 'x' where id <= 10");
    assertThat(database.queryLong(BUMPED)).isEqualTo(10);
  }
}
