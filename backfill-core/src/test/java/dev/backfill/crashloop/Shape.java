package dev.backfill.crashloop;

import dev.backfill.testing.TestDatabase;
import java.util.List;

/** What the table is like: its key, and whether it is partitioned. */
enum Shape {
  BIGINT_KEY("id", List.of()),
  UUID_KEY(
      "code",
      List.of(
          "alter table orders add code uuid not null default gen_random_uuid()",
          "alter table orders drop constraint orders_pkey, add primary key (code),"
              + " add unique (id)")),
  COMPOSITE_KEY(
      "id, customer_id",
      List.of(
          "alter table orders drop constraint orders_pkey, add primary key (customer_id, id),"
              + " add unique (id)")),
  PARTITIONED(
      "id",
      List.of(
          "alter table orders rename to plain",
          "create table orders (like plain including defaults including identity, primary key (id))"
              + " partition by hash (id)",
          "create table orders_0 partition of orders for values with (modulus 3, remainder 0)",
          "create table orders_1 partition of orders for values with (modulus 3, remainder 1)",
          "create table orders_2 partition of orders for values with (modulus 3, remainder 2)",
          "insert into orders select * from plain",
          "select setval(pg_get_serial_sequence('orders', 'id'), max(id)) from orders",
          "drop table plain"));

  private final String key;

  @SuppressWarnings("ImmutableEnumChecker") // of List.of
  private final List<String> changes;

  Shape(String key, List<String> changes) {
    this.key = key;
    this.changes = changes;
  }

  /** As the audit writes it down, in the order of the columns in the table. */
  String keySql() {
    return "concat_ws(' | ', " + key + ")";
  }

  void create(TestDatabase database, int rows) {
    database.execute("drop table if exists orders cascade");
    database.ordersTable(rows);
    database.execute(changes.toArray(String[]::new));
    database.execute("vacuum (analyze) orders");
  }
}
