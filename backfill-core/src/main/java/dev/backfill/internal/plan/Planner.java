package dev.backfill.internal.plan;

import dev.backfill.internal.batch.BatchPreview;
import dev.backfill.internal.batch.OrderChoice;
import dev.backfill.internal.batch.StripeChoice;
import dev.backfill.internal.batch.WindowPreview;
import dev.backfill.internal.checkpoint.WindowKind;
import dev.backfill.internal.expand.Preflight;
import dev.backfill.internal.expand.Prepared;
import dev.backfill.internal.postgres.TableInfo;
import dev.backfill.internal.postgres.TableInfo.Leaf;
import dev.backfill.internal.postgres.TableInfo.TriggerInfo;
import dev.backfill.internal.postgres.Target;
import dev.backfill.model.BackfillPlan;
import dev.backfill.model.PreflightException;
import dev.backfill.model.ScanOrder;
import dev.backfill.model.Specification;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** Makes the plan of a definition: what would run, whom it blocks, and what it would cost. */
final class Planner {
  private Planner() {}

  /**
   * Reads only, and writes nothing, not even the state schema.
   *
   * @throws PreflightException when the definition cannot run on this database at all; missing
   *     rights are part of the plan
   */
  static BackfillPlan plan(Connection connection, Specification spec) throws SQLException {
    Preflight.Inspection inspection = Preflight.inspect(connection, spec);
    if (inspection.prepared().isEmpty()) {
      throw new PreflightException(
          "There is no plan, and nothing was changed: " + String.join(" ", inspection.problems()));
    }
    return plan(connection, inspection.prepared().get(), inspection.missingRights());
  }

  private static BackfillPlan plan(
      Connection connection, Prepared prepared, List<String> missingRights) throws SQLException {
    Target target = prepared.target();
    TableInfo table = target.table();
    Leaf leaf = largestLeaf(table);
    OrderChoice order = OrderChoice.of(connection, target, leaf);
    StripeChoice stripes = StripeChoice.of(connection, target, leaf, order.kind());
    WindowPreview window = WindowPreview.of(connection, target, leaf, order.kind());
    BatchPreview batch =
        new BatchPreview(connection, target, leaf, order.kind(), stripes.stripes());
    Estimate estimate = Estimate.of(connection, target, stripes);
    return new BackfillPlan(
        target.runName(),
        table.sql(),
        target.column(),
        target.columnType(),
        prepared.cover().describe(),
        prepared.instant(),
        target.key().columnNames(),
        target.key().index(),
        Statements.of(connection, prepared, batch, leaf),
        batch.explainBoundary(),
        batch.explainBatch(),
        table.triggers().stream()
            .filter(t -> fires(t, target.spec().column()))
            .map(TriggerInfo::definition)
            .toList(),
        order.kind() == WindowKind.BLOCK ? ScanOrder.PHYSICAL : ScanOrder.KEY,
        order.reason(),
        stripes.stripes(),
        stripes.reason(),
        stripes.hotShare(),
        table.estimatedRows(),
        window.rows(),
        window.reason(),
        Math.max(1, (table.estimatedRows() + window.rows() - 1) / window.rows()),
        estimate.walBytes(),
        estimate.duration(),
        missingRights,
        toKnow(connection, prepared, leaf, stripes, batch),
        Deployment.of(prepared));
  }

  private static List<String> toKnow(
      Connection connection,
      Prepared prepared,
      Leaf leaf,
      StripeChoice stripes,
      BatchPreview batch) {
    List<String> lines = new ArrayList<>(prepared.warnings());
    if (!prepared.instant()) {
      batch.idleAssignments().ifPresent(lines::add);
      VacuumAdvice.of(connection, leaf, stripes, prepared.target().spec().options().vacuum())
          .ifPresent(lines::add);
    }
    return lines;
  }

  private static boolean fires(TriggerInfo trigger, String column) {
    // 'R' fires under session_replication_role = replica only.
    return trigger.onUpdate()
        && trigger.enabled() != 'R'
        && (trigger.firesOnUpdateOfAll() || trigger.updateColumns().contains(column));
  }

  private static Leaf largestLeaf(TableInfo table) {
    // A partitioned table without partitions has nothing to show but itself.
    return table.leaves().stream()
        .max(Comparator.comparingLong(Leaf::pages))
        .orElseGet(() -> table.tables().get(0));
  }
}
