package dev.backfill.internal.batch;

import dev.backfill.internal.checkpoint.WindowKind;
import dev.backfill.internal.postgres.TableInfo.Leaf;
import dev.backfill.internal.postgres.Target;
import dev.backfill.model.RunFailedException;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Optional;

/** Proves by EXPLAIN that a batch reads the blocks of its range and no others. */
final class BlockProof {
  private BlockProof() {}

  static void require(Connection tx, Target target, Leaf leaf) throws SQLException {
    LeafSql sql = new LeafSql(target, leaf.sql());
    Rows rows =
        sql.rows()
            .of(
                WindowKind.BLOCK,
                Optional.empty(),
                Place.startOf(leaf.pages()).position(),
                Stripe.ALL);
    try (Statement settings = tx.createStatement()) {
      settings.execute("select set_config('row_security', 'off', true)");
    }
    List<String> plan =
        BatchExplain.of(tx, target, sql.unfilledScan(rows), rows.parameters(), rows.by());
    // A where(...) that no row fulfils is not even looked for.
    boolean ranged =
        plan.stream()
            .anyMatch(l -> l.contains("Tid Range Scan") || l.contains("One-Time Filter: false"));
    if (!ranged) {
      throw new RunFailedException(
          "The blocks of "
              + leaf.sql()
              + " cannot be read range by range, so every batch would read the whole table. Plan: "
              + String.join(" / ", plan)
              + ". Start the run again with order(key()).");
    }
  }
}
