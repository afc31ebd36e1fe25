package dev.backfill.internal.expand;

import dev.backfill.internal.postgres.TableInfo;
import dev.backfill.model.Contract;
import dev.backfill.model.Specification;
import java.util.Optional;

/** What is allowed, but should be known before the run. */
final class Warnings {
  private Warnings() {}

  static void add(
      TableInfo table,
      Specification spec,
      Optional<Expression> value,
      Cover cover,
      boolean instant,
      Findings findings) {
    if (instant) {
      findings.warning(
          "Instant: a constant for a new column is kept in the catalog, so no row is written and nothing is"
              + " left to fill. strategy(batched()) writes the rows nevertheless.");
    }
    if (cover instanceof Cover.ByDefault
        && (!instant || spec.options().contract() != Contract.SET_NOT_NULL)) {
      findings.warning(
          "Code that writes NULL into the column by name defeats its default; the final sweep finds such"
              + " rows.");
    }
    if (value.filter(v -> v.inputs().isEmpty() && !v.subquery()).isPresent()) {
      findings.warning(
          "The value reads no column: a function such as now() gives each batch its own time. For one value"
              + " in every row use constant(...), which needs no backfill when the column is new.");
    }
    if (spec.where().isPresent() && spec.options().contract() != Contract.NONE) {
      findings.warning(
          "Rows for which where does not hold stay NULL, and NOT NULL is refused while there are any.");
    }
    if (table.column(spec.column()).isEmpty()) {
      findings.warning(
          "A prepared SELECT * of the application fails once with \"cached plan must not change result"
              + " type\" when the column appears.");
      if (table.partitioned()) {
        findings.warning(
            "A table that is attached as a partition from now on must have the column.");
      }
    }
  }
}
