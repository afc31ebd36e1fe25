package dev.backfill.examples.benchmark;

import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * What stands in a table before it gets the new column. Each row is made from its ordinal n alone:
 * the same rows in each run, spread as a busy shop's would be.
 *
 * @param columns DDL of those that are no key
 * @param values their values in the n-th row
 * @param read what an application reads of a row
 * @param change what it sets when it changes one
 * @param outOfLine a column whose values are kept out of line, and not compressed
 */
record Rows(
    String table,
    List<KeyColumn> key,
    String columns,
    String values,
    String read,
    String change,
    BenchValue value,
    Optional<String> outOfLine) {

  /** Some 110 bytes each. */
  static Rows orders(KeyColumn... key) {
    return new Rows(
        "orders",
        List.of(key),
        """
        customer_id bigint NOT NULL,
        created_at timestamptz NOT NULL,
        updated_at timestamptz NOT NULL,
        shipped_at timestamptz,
        amount numeric(12, 2) NOT NULL,
        reference text NOT NULL\
        """,
        """
        hashint8(n) & 65535,
        timestamptz '2024-01-01 00:00:00Z' + n * interval '7 s',
        timestamptz '2024-01-01 00:00:00Z' + (hashint8(n + 1) & 16777215) * interval '1 s',
        CASE WHEN mod(n, 3) > 0
          THEN timestamptz '2024-01-03 00:00:00Z' + n * interval '7 s' END,
        (hashint8(n + 2) & 1048575) / 100.0,
        md5(n::text)\
        """,
        "amount, reference",
        "amount = amount + 1, updated_at = now()",
        BenchValue.STATUS,
        Optional.empty());
  }

  /** With a text of 2,240 bytes more, which an UPDATE need not copy. */
  static Rows wideOrders(KeyColumn... key) {
    Rows narrow = orders(key);
    return new Rows(
        narrow.table,
        narrow.key,
        narrow.columns + ",\ndocument text NOT NULL",
        narrow.values + ",\nrepeat(md5(n::text), 70)",
        narrow.read,
        narrow.change,
        narrow.value,
        Optional.of("document"));
  }

  /** As {@code pgbench -i} makes them; as many as asked for, whatever the scale. */
  static Rows pgbenchAccounts() {
    return new Rows(
        "pgbench_accounts",
        List.of(KeyColumn.sequential("aid", "int")),
        "bid int, abalance int, filler char(84)",
        "(n - 1) / 100000 + 1, 0, ''",
        "abalance",
        "abalance = abalance + 1",
        new BenchValue(
            BenchValue.Kind.EXPRESSION,
            "varchar(32)",
            "case when mod(aid, 3) = 0 then 'pending' else 'shipped' end"),
        Optional.empty());
  }

  List<String> keyNames() {
    return key.stream().map(KeyColumn::name).toList();
  }

  String keyList() {
    return String.join(", ", keyNames());
  }

  String ddl() {
    return key.stream().map(KeyColumn::ddl).collect(Collectors.joining(", ")) + ", " + columns;
  }

  /** Fills the table in the order of the ordinals. */
  String insert(long rows) {
    return "INSERT INTO "
        + table
        + " SELECT "
        + key.stream().map(KeyColumn::ofOrdinal).collect(Collectors.joining(", "))
        + ", "
        + values
        + " FROM generate_series(1::bigint, "
        + rows
        + ") AS n";
  }
}
