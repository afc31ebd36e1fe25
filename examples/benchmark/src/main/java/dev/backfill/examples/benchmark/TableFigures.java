package dev.backfill.examples.benchmark;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import javax.sql.DataSource;

/**
 * What the server says of a table, its partitions together.
 *
 * @param heapBytes without what is kept out of line
 * @param updates since the table was made, as far as sessions have reported them
 */
record TableFigures(
    long heapBytes,
    long indexBytes,
    long totalBytes,
    long updates,
    long hotUpdates,
    long deadTuples) {
  private static final String QUERY =
      """
      SELECT sum(pg_relation_size(oid)), sum(pg_indexes_size(oid)),
             sum(pg_total_relation_size(oid)), sum(pg_stat_get_tuples_updated(oid)),
             sum(pg_stat_get_tuples_hot_updated(oid)), sum(pg_stat_get_dead_tuples(oid))
      FROM pg_class
      WHERE relkind = 'r' AND (oid = '%1$s'::regclass
        OR oid IN (SELECT relid FROM pg_partition_tree('%1$s')))
      """;

  static TableFigures of(DataSource dataSource, BenchTable table) throws SQLException {
    try (Connection connection = dataSource.getConnection();
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(QUERY.formatted(table.table()))) {
      row.next();
      return new TableFigures(
          row.getLong(1),
          row.getLong(2),
          row.getLong(3),
          row.getLong(4),
          row.getLong(5),
          row.getLong(6));
    }
  }

  double hotShare() {
    return (double) hotUpdates / Math.max(1, updates);
  }
}
