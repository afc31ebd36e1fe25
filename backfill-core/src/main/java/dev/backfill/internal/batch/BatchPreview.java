package dev.backfill.internal.batch;

import dev.backfill.internal.checkpoint.WindowKind;
import dev.backfill.internal.postgres.BaseType;
import dev.backfill.internal.postgres.BoundedRead;
import dev.backfill.internal.postgres.SqlStates;
import dev.backfill.internal.postgres.TableInfo.Leaf;
import dev.backfill.internal.postgres.Target;
import dev.backfill.internal.postgres.Tx;
import dev.backfill.model.ColumnValue;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Shows a batch without running it, for a plan. */
public final class BatchPreview {
  private final Connection connection;
  private final Target target;
  private final LeafSql sql;
  private final WindowKind kind;
  private final int stripes;
  private final List<String> idle;
  private Optional<Rows> range = Optional.empty();

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
  public String statement() throws SQLException {
    if (target.spec().value() instanceof ColumnValue.Computed) {
      return sql.updateComputed(BaseType.of(connection, target)).strip();
    }
    Rows rows = range().orElseGet(() -> PreviewRange.form(sql, kind, stripes));
    return sql.update(NullRefusal.in(connection, target), rows);
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
        return explain(sql.update(value, rows), parameters, rows.by());
      } catch (SQLException e) {
        if (!SqlStates.INSUFFICIENT_PRIVILEGE.equals(e.getSQLState())) {
          throw e;
        }
      }
    }
    return explain(sql.scan(rows), rows.parameters(), rows.by());
  }

  /** Read once: the statement that is shown is the one that is explained. */
  private Optional<Rows> range() throws SQLException {
    if (range.isEmpty()) {
      range = bounded(tx -> PreviewRange.rows(tx, target, sql, kind, stripes));
    }
    return range;
  }

  private List<String> explain(String statement, List<String> parameters, Rows.By by)
      throws SQLException {
    return bounded(tx -> BatchExplain.of(tx, target, statement, parameters, by));
  }

  private <T> T bounded(Tx.Work<T> read) throws SQLException {
    return BoundedRead.of(connection, target.table().oid(), target.table().sql(), read);
  }
}
