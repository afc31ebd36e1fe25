package dev.backfill.internal.batch;

import dev.backfill.internal.checkpoint.StripeBy;
import dev.backfill.internal.postgres.BaseType;
import dev.backfill.internal.postgres.BoundedRead;
import dev.backfill.internal.postgres.SqlStates;
import dev.backfill.internal.postgres.TableInfo.Leaf;
import dev.backfill.internal.postgres.Target;
import dev.backfill.model.ColumnValue;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Shows a batch without running it, for a plan. */
public final class BatchPreview {
  private final Connection connection;
  private final Target target;
  private final LeafSql sql;
  private final int stripes;
  private final List<String> idle;

  public BatchPreview(Connection connection, Target target, Leaf leaf, int stripes) {
    this.connection = connection;
    this.target = target;
    this.idle = IdleAssignments.of(connection, leaf.oid()).in(0, stripes);
    this.sql = new LeafSql(target, leaf.sql()).assigning(idle);
    this.stripes = stripes;
  }

  /** What is to be said about columns that a batch names and does not change. */
  public Optional<String> idleAssignments() {
    return idle.isEmpty()
        ? Optional.empty()
        : Optional.of(
            "Batches assign "
                + String.join(", ", idle)
                + " to themselves: their values stay, updates stay HOT, and PostgreSQL does not"
                + " search the indexes on them for dead entries where there are none.");
  }

  /** The statement of a batch, its parameters as they are bound. */
  public String statement() {
    Rows rows = rows(List.of());
    return target.spec().value() instanceof ColumnValue.Computed
        ? sql.updateComputed(BaseType.of(connection, target)).strip()
        : sql.update(NullRefusal.in(connection, target), rows);
  }

  /** EXPLAIN of the query that finds where a batch ends; empty for an empty table. */
  public List<String> explainBoundary() throws SQLException {
    return IndexProof.explain(connection, sql);
  }

  /** EXPLAIN of a batch's UPDATE, or of its scan where the column or the right is missing still. */
  public List<String> explainBatch() throws SQLException {
    Optional<List<String>> key = IndexProof.anyKey(connection, sql);
    if (key.isEmpty()) {
      return List.of();
    }
    Rows rows = rows(key.get());
    if (target.columnExists() && !(target.spec().value() instanceof ColumnValue.Computed)) {
      RowValue value = NullRefusal.in(connection, target);
      List<String> parameters = new ArrayList<>(value.binds());
      parameters.addAll(rows.parameters());
      try {
        return explain(sql.update(value, rows), parameters);
      } catch (SQLException e) {
        if (!SqlStates.INSUFFICIENT_PRIVILEGE.equals(e.getSQLState())) {
          throw e;
        }
      }
    }
    return explain(sql.scan(rows), rows.parameters());
  }

  private Rows rows(List<String> key) {
    return sql.keys(Optional.of(key), key, new Stripe(0, stripes, StripeBy.HASH));
  }

  private List<String> explain(String statement, List<String> parameters) throws SQLException {
    return BoundedRead.of(
        connection,
        target.table().oid(),
        target.table().sql(),
        tx -> explain(tx, statement, parameters));
  }

  private static List<String> explain(Connection tx, String statement, List<String> parameters)
      throws SQLException {
    try (PreparedStatement explain = tx.prepareStatement("explain (costs off) " + statement)) {
      Texts.bind(explain, 1, parameters);
      List<String> lines = new ArrayList<>();
      try (ResultSet plan = explain.executeQuery()) {
        while (plan.next()) {
          lines.add(plan.getString(1));
        }
      }
      return lines;
    }
  }
}
