package dev.backfill.internal.expand;

import dev.backfill.internal.postgres.ColumnType;
import dev.backfill.internal.postgres.Identifiers;
import dev.backfill.internal.postgres.TableInfo;
import dev.backfill.internal.postgres.TableInfo.ColumnInfo;
import dev.backfill.model.ColumnValue;
import dev.backfill.model.Specification;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.Set;

/** What speaks against the columns that a definition names. */
final class ColumnChecks {
  private static final Set<String> SYSTEM =
      Set.of("tableoid", "xmin", "cmin", "xmax", "cmax", "ctid");
  private static final int NAME_BYTES = 63;

  private final TableInfo table;
  private final Specification spec;
  private final Findings findings;

  ColumnChecks(TableInfo table, Specification spec, Findings findings) {
    this.table = table;
    this.spec = spec;
    this.findings = findings;
  }

  void check() {
    table.column(spec.column()).ifPresentOrElse(this::existing, this::added);
    known(spec.key(), "The key");
    if (spec.value() instanceof ColumnValue.Computed computed) {
      known(computed.inputs(), "The function");
      if (computed.inputs().contains(spec.column())) {
        findings.problem(
            "The function reads "
                + Identifiers.quote(spec.column())
                + ", the column to fill: it is NULL in every row that gets filled. Leave it out.");
      }
    }
  }

  void sameType(ColumnType wanted) {
    table
        .column(spec.column())
        .filter(c -> !c.type().equals(wanted.name()))
        .ifPresent(
            c ->
                findings.problem(
                    name(c)
                        + " exists with type "
                        + c.type()
                        + ", and the definition says "
                        + wanted.name()
                        + ". Say the type that it has, or name another column."));
  }

  private void added() {
    if (SYSTEM.contains(spec.column())) {
      findings.problem(
          Identifiers.quote(spec.column()) + " is the name of a system column. Choose another.");
    }
    if (spec.column().getBytes(StandardCharsets.UTF_8).length > NAME_BYTES) {
      findings.problem(
          Identifiers.quote(spec.column())
              + " is longer than "
              + NAME_BYTES
              + " bytes, and PostgreSQL would cut it. Choose a shorter name.");
    }
  }

  private void existing(ColumnInfo column) {
    if (column.generated()) {
      findings.problem(
          name(column)
              + " is a generated column: PostgreSQL computes it. There is nothing to fill.");
    }
    if (column.identity().equals("a")) {
      findings.problem(
          name(column)
              + " is GENERATED ALWAYS AS IDENTITY, which no UPDATE may write. There is nothing to fill.");
    }
  }

  private void known(Collection<String> columns, String what) {
    for (String column : columns) {
      if (!column.equals(spec.column()) && table.column(column).isEmpty()) {
        findings.problem(
            what
                + " names column "
                + Identifiers.quote(column)
                + ", which "
                + table.sql()
                + " does not have. It has "
                + Identifiers.quoteAll(table.columns().stream().map(ColumnInfo::name).toList())
                + ".");
      }
    }
  }

  private String name(ColumnInfo column) {
    return table.sql() + "." + Identifiers.quote(column.name());
  }
}
