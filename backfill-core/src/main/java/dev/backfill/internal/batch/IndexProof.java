package dev.backfill.internal.batch;

import dev.backfill.internal.postgres.TableInfo.Leaf;
import dev.backfill.internal.postgres.Target;
import dev.backfill.model.RunFailedException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;

/**
 * Proves by EXPLAIN that the key range is an index condition, not a filter over the whole table.
 */
final class IndexProof {
  private IndexProof() {}

  /** The greatest key of the leaf, empty when it has no rows. */
  static Optional<List<String>> anyKey(Connection connection, LeafSql sql) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(sql.bound())) {
      return Texts.firstRow(statement);
    }
  }

  /**
   * The plan of the boundary query, line by line; empty for an empty table, which needs no proof.
   */
  static List<String> explain(Connection connection, LeafSql sql) throws SQLException {
    Optional<List<String>> key = anyKey(connection, sql);
    if (key.isEmpty()) {
      return List.of();
    }
    try (PreparedStatement statement =
        connection.prepareStatement(BatchExplain.EXPLAIN + sql.boundary(false))) {
      int next = Texts.bind(statement, 1, key.get());
      next = Texts.bind(statement, next, key.get());
      statement.setLong(next, 0);
      return BatchExplain.lines(statement);
    }
  }

  static void require(Connection connection, Target target, LeafSql sql, Leaf leaf)
      throws SQLException {
    List<String> plan = explain(connection, sql);
    boolean small = leaf.pages() < 1000;
    if (!plan.isEmpty() && !small && plan.stream().noneMatch(l -> l.contains("Index Cond:"))) {
      throw new RunFailedException(
          "The key range of "
              + leaf.sql()
              + " is no index condition, so every batch would read the whole table. Plan: "
              + String.join(" / ", plan)
              + ". See that the index of the key ("
              + String.join(", ", target.key().columnNames())
              + ") exists there and is valid, then start the run again.");
    }
  }
}
