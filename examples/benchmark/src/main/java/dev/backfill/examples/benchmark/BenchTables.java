package dev.backfill.examples.benchmark;

import java.util.List;

/** The tables that may be asked for. */
final class BenchTables {
  private static final KeyColumn ID = KeyColumn.sequential("id", "bigint");
  private static final List<String> TWO = List.of("customer_id", "created_at");
  private static final List<String> SEVEN =
      List.of(
          "customer_id",
          "created_at",
          "updated_at",
          "shipped_at",
          "amount",
          "reference",
          "customer_id, created_at");

  static final BenchTable THREE_INDEXES = BenchTable.of("3-indexes", Rows.orders(ID), TWO);
  static final BenchTable EIGHT_INDEXES = BenchTable.of("8-indexes", Rows.orders(ID), SEVEN);
  static final BenchTable UUID_V4 =
      BenchTable.of("uuid-v4", Rows.orders(KeyColumn.uuidVersion4("id")), SEVEN);
  static final BenchTable FILLFACTOR_80 = orders("fillfactor-80").withFillfactor(80);

  /** As pgbench makes it, its fillfactor too. */
  static final BenchTable PGBENCH =
      BenchTable.of("pgbench_accounts", Rows.pgbenchAccounts(), List.of()).withFillfactor(100);

  static final List<BenchTable> ALL =
      List.of(
          BenchTable.of("1-index", Rows.orders(ID), List.of()),
          THREE_INDEXES,
          EIGHT_INDEXES,
          BenchTable.of("wide", Rows.wideOrders(ID), TWO),
          UUID_V4,
          BenchTable.of("uuid-v7", Rows.orders(KeyColumn.uuidVersion7("id")), TWO),
          BenchTable.of(
              "composite",
              Rows.orders(
                  new KeyColumn("shop_id", "int", "mod(n, 100)", "-1"),
                  new KeyColumn("order_no", "bigint", "n / 100", "-1")),
              TWO),
          orders("sparse").filledWhere("mod(customer_id, 10) = 0"),
          FILLFACTOR_80,
          orders("partitioned").withPartitions(8),
          PGBENCH,
          orders("constant").filledWith(BenchValue.CONSTANT),
          orders("long-text").filledWith(BenchValue.LONG_TEXT),
          orders("java-function").filledWith(BenchValue.JAVA_FUNCTION));

  static final List<BenchTable> BY_DEFAULT = List.of(THREE_INDEXES, EIGHT_INDEXES);

  private BenchTables() {}

  private static BenchTable orders(String name) {
    return BenchTable.of(name, Rows.orders(ID), TWO);
  }
}
