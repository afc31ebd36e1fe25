package dev.backfill.examples.benchmark;

import java.sql.SQLException;
import java.util.List;
import java.util.Set;
import javax.sql.DataSource;

/** A table of orders with a new, empty column; its variants differ in their indexes alone. */
record BenchTable(String name, List<String> secondaryIndexes) {
  static final List<BenchTable> ALL =
      List.of(
          new BenchTable("3-indexes", List.of("customer_id", "created_at")),
          new BenchTable(
              "8-indexes",
              List.of(
                  "customer_id",
                  "created_at",
                  "updated_at",
                  "shipped_at",
                  "amount",
                  "reference",
                  "customer_id, created_at")));

  static final String VALUE = "case when shipped_at is null then 'pending' else 'shipped' end";

  private static final Set<String> IN_ORDER_OF_THE_HEAP = Set.of("created_at", "shipped_at");

  /** The first column of each secondary index. */
  List<String> indexedColumns() {
    return secondaryIndexes.stream().map(i -> i.replaceAll(",.*", "")).distinct().toList();
  }

  /** Those of them whose values are strewn over the table. */
  List<String> columnsInNoOrder() {
    return indexedColumns().stream().filter(c -> !IN_ORDER_OF_THE_HEAP.contains(c)).toList();
  }

  /** Builds the rows that every fresh copy is taken from. */
  static void createSource(DataSource dataSource, long rows) throws SQLException {
    Sql.execute(
        dataSource,
        "DROP TABLE IF EXISTS orders_source",
        """
        CREATE TABLE orders_source (
          id bigint NOT NULL,
          customer_id bigint NOT NULL,
          created_at timestamptz NOT NULL,
          updated_at timestamptz NOT NULL,
          shipped_at timestamptz,
          amount numeric(12, 2) NOT NULL,
          reference text NOT NULL)
        """,
        // Hashes of the id: the same rows in each run, spread as a busy shop's would be.
        """
        INSERT INTO orders_source
        SELECT id,
               hashint8(id) & 65535,
               timestamptz '2024-01-01 00:00:00Z' + id * interval '7 s',
               timestamptz '2024-01-01 00:00:00Z' + (hashint8(id + 1) & 16777215) * interval '1 s',
               CASE WHEN mod(id, 3) > 0
                 THEN timestamptz '2024-01-03 00:00:00Z' + id * interval '7 s' END,
               (hashint8(id + 2) & 1048575) / 100.0,
               md5(id::text)
        FROM generate_series(1, %d) AS id
        """
            .formatted(rows),
        "VACUUM ANALYZE orders_source");
  }

  /** A compact copy in key order, with a new, empty column. */
  void createFresh(DataSource dataSource) throws SQLException {
    Sql.execute(
        dataSource,
        "DROP TABLE IF EXISTS orders",
        "CREATE TABLE orders (LIKE orders_source INCLUDING ALL)",
        "INSERT INTO orders SELECT * FROM orders_source ORDER BY id",
        "ALTER TABLE orders ADD PRIMARY KEY (id)");
    for (String columns : secondaryIndexes) {
      Sql.execute(dataSource, "CREATE INDEX ON orders (" + columns + ")");
    }
    Sql.execute(
        dataSource,
        "ALTER TABLE orders ADD COLUMN status_code varchar(32)",
        "VACUUM ANALYZE orders",
        // Each contender writes its own full-page images, nobody else's.
        "CHECKPOINT");
  }
}
