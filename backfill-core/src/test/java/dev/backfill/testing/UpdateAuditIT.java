package dev.backfill.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

@PostgresTest
class UpdateAuditIT {
  TestDatabase database;
  UpdateAudit audit;

  @BeforeEach
  void table() {
    database.execute(
        "drop schema if exists \"A \"\"b\"\"\" cascade", "create schema \"A \"\"b\"\"\"");
    String table = "\"A \"\"b\"\"\".\"Order\"";
    database.ordersTable(table, 20);
    audit = UpdateAudit.install(database, table, "status \"x\"", "updated_at");
    database.execute("alter table " + table + " add \"status \"\"x\"\"\" text");
  }

  private void set(String assignments, String condition) {
    database.update("update \"A \"\"b\"\"\".\"Order\" set " + assignments + " where " + condition);
  }

  @Test
  void countsUpdatesOfTheTargetColumnAlone() {
    set("\"status \"\"x\"\"\" = 'a'", "id <= 5");
    set("\"status \"\"x\"\"\" = 'a', updated_at = clock_timestamp()", "id between 6 and 10");
    set("\"status \"\"x\"\"\" = 'app', touched = 1", "id = 11");
    set("note = 'b'", "id = 1");
    audit.assertEachRowOnce(10);
    assertThatThrownBy(() -> audit.assertEachRowOnce(11)).isInstanceOf(AssertionError.class);
  }

  @Test
  void namesARowThatWasFilledTwice() {
    set("\"status \"\"x\"\"\" = 'a'", "id <= 5");
    set("\"status \"\"x\"\"\" = 'b'", "id = 3");
    assertThatThrownBy(audit::assertNoRowTwice)
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("key 3: 2 updates, NULL to a");
  }

  @Test
  void namesARowWhoseValueWasOverwritten() {
    set("\"status \"\"x\"\"\" = 'app', touched = 1", "id = 7");
    set("\"status \"\"x\"\"\" = 'a'", "id = 7");
    assertThatThrownBy(audit::assertNoRowTwice)
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("key 7: 1 updates, app to a");
  }

  @Test
  void namesARowThatWasWrittenForNothing() {
    set("note = note", "id = 9");
    assertThat(audit.updates()).isEqualTo(1);
    assertThatThrownBy(audit::assertNoRowTwice).isInstanceOf(AssertionError.class);
  }

  @Test
  void seesEveryLeafOfAPartitionedTable() {
    database.execute(
        "drop table if exists parts",
        "create table parts (id bigint primary key, touched int) partition by range (id)",
        "create table parts_1 partition of parts for values from (0) to (10)");
    UpdateAudit parts = UpdateAudit.install(database, "parts", "status");
    database.execute(
        "create table parts_2 partition of parts for values from (10) to (20)",
        "alter table parts add status text",
        "insert into parts select g from generate_series(0, 19) g",
        "update parts set status = 'a'");
    parts.assertEachRowOnce(20);
    database.execute("update parts_2 set status = 'b' where id = 15");
    assertThatThrownBy(parts::assertNoRowTwice).hasMessageContaining("key 15: 2 updates");
  }
}
