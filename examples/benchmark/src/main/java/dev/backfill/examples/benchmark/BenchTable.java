package dev.backfill.examples.benchmark;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * A table with a new, empty column.
 *
 * @param secondaryIndexes the columns of each, beside the primary key
 * @param where which rows are filled; all of them when empty
 * @param fillfactor 0 for the server's default
 * @param partitions by ranges of the key; 0 for none
 */
record BenchTable(
    String name,
    Rows rows,
    List<String> secondaryIndexes,
    BenchValue value,
    Optional<String> where,
    int fillfactor,
    int partitions) {
  static final String COLUMN = "status_code";

  private static final Set<String> IN_ORDER_OF_THE_HEAP = Set.of("created_at", "shipped_at");

  static BenchTable of(String name, Rows rows, List<String> secondaryIndexes) {
    return new BenchTable(name, rows, secondaryIndexes, rows.value(), Optional.empty(), 0, 0);
  }

  BenchTable filledWith(BenchValue other) {
    return new BenchTable(name, rows, secondaryIndexes, other, where, fillfactor, partitions);
  }

  BenchTable filledWhere(String condition) {
    return new BenchTable(
        name, rows, secondaryIndexes, value, Optional.of(condition), fillfactor, partitions);
  }

  BenchTable withFillfactor(int percent) {
    return new BenchTable(name, rows, secondaryIndexes, value, where, percent, partitions);
  }

  BenchTable withPartitions(int count) {
    return new BenchTable(name, rows, secondaryIndexes, value, where, fillfactor, count);
  }

  /** The name of the table in its database. */
  String table() {
    return rows.table();
  }

  /** The first column of each secondary index. */
  List<String> indexedColumns() {
    return secondaryIndexes.stream().map(i -> i.replaceAll(",.*", "")).distinct().toList();
  }

  /** Those of them whose values are strewn over the table. */
  List<String> columnsInNoOrder() {
    return indexedColumns().stream().filter(c -> !IN_ORDER_OF_THE_HEAP.contains(c)).toList();
  }

  /** A condition to be added to another one. */
  String andWhere() {
    return where.map(w -> " AND (" + w + ")").orElse("");
  }

  /** Which rows are still to be filled. */
  String due() {
    return COLUMN + " IS NULL" + andWhere();
  }

  /** Fills all rows that are due; more conditions may be added. */
  String update() {
    return "UPDATE " + table() + " SET " + COLUMN + " = " + value.sql() + " WHERE " + due();
  }

  /** Statements that make it, compact and in the order of the ordinals. */
  List<String> ddl(long count) {
    List<String> statements = new ArrayList<>();
    statements.add(
        "CREATE TABLE "
            + table()
            + " ("
            + rows.ddl()
            + ")"
            + (partitions > 0 ? " PARTITION BY RANGE (" + rows.keyList() + ")" : "")
            + (fillfactor > 0 ? " WITH (fillfactor = " + fillfactor + ")" : ""));
    rows.outOfLine()
        .ifPresent(
            column ->
                statements.add(
                    "ALTER TABLE "
                        + table()
                        + " ALTER COLUMN "
                        + column
                        + " SET STORAGE EXTERNAL"));
    for (int i = 0; i < partitions; i++) {
      statements.add(
          "CREATE TABLE %1$s_%2$d PARTITION OF %1$s FOR VALUES FROM (%3$s) TO (%4$s)"
              .formatted(
                  table(),
                  i,
                  i == 0 ? "MINVALUE" : 1 + count * i / partitions,
                  i == partitions - 1 ? "MAXVALUE" : 1 + count * (i + 1) / partitions));
    }
    statements.add(rows.insert(count));
    statements.add("ALTER TABLE " + table() + " ADD PRIMARY KEY (" + rows.keyList() + ")");
    for (String columns : secondaryIndexes) {
      statements.add("CREATE INDEX ON " + table() + " (" + columns + ")");
    }
    statements.add("ALTER TABLE " + table() + " ADD COLUMN " + COLUMN + " " + value.type());
    return statements;
  }
}
