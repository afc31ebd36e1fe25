package dev.backfill.internal.batch;

import dev.backfill.internal.checkpoint.StripeBy;
import dev.backfill.internal.checkpoint.WindowKind;
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
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Shows a batch without running it, for a plan. */
public final class BatchPreview {
  private static final long KEYS = 20_000;
  private static final long BLOCKS = 300;

  private final Connection connection;
  private final Target target;
  private final LeafSql sql;
  private final WindowKind kind;
  private final int stripes;
  private final List<String> idle;

  public BatchPreview(
      Connection connection, Target target, Leaf leaf, WindowKind kind, int stripes) {
    this.connection = connection;
    this.target = target;
    this.idle = IdleAssignments.of(connection, leaf.oid()).in(0, stripes);
    this.sql = new LeafSql(target, leaf.sql()).assigning(idle);
    this.kind = kind;
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

  /**
   * EXPLAIN of the query that finds where a batch ends; empty for an empty table, and for blocks,
   * whose ends are computed.
   */
  public List<String> explainBoundary() throws SQLException {
    return kind == WindowKind.BLOCK ? List.of() : IndexProof.explain(connection, sql);
  }

  /** EXPLAIN of a batch's UPDATE, or of its scan where the column or the right is missing still. */
  public List<String> explainBatch() throws SQLException {
    Optional<Rows> range = range();
    if (range.isEmpty()) {
      return List.of();
    }
    Rows rows = range.get();
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
    return rows(key, key);
  }

  private Rows rows(List<String> lo, List<String> hi) {
    return sql.rows(kind, Optional.of(lo), hi, new Stripe(0, stripes, StripeBy.HASH));
  }

  /** As many rows as a batch has: for an empty range the planner would show what no batch does. */
  private Optional<Rows> range() throws SQLException {
    if (kind == WindowKind.BLOCK) {
      return Optional.of(rows(Place.startOf(0).position(), Place.startOf(BLOCKS).position()));
    }
    Optional<List<String>> last = IndexProof.anyKey(connection, sql);
    if (last.isEmpty()) {
      return Optional.empty();
    }
    List<String> first = key(last.get(), 0).orElse(last.get());
    return Optional.of(rows(first, key(last.get(), KEYS).orElse(last.get())));
  }

  /** The key so many rows behind the first; empty when there are not as many. */
  private Optional<List<String>> key(List<String> last, long rows) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(sql.boundary(true))) {
      statement.setLong(Texts.bind(statement, 1, last), rows);
      return Texts.firstRow(statement);
    }
  }

  private List<String> explain(String statement, List<String> parameters) throws SQLException {
    return BoundedRead.of(
        connection,
        target.table().oid(),
        target.table().sql(),
        tx -> explain(tx, statement, parameters));
  }

  private List<String> explain(Connection tx, String statement, List<String> parameters)
      throws SQLException {
    try (Statement settings = tx.createStatement()) {
      settings.execute("select " + BatchLimits.planning(target));
    }
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
