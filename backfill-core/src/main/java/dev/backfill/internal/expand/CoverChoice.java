package dev.backfill.internal.expand;

import dev.backfill.internal.postgres.Identifiers;
import dev.backfill.internal.postgres.TableInfo;
import dev.backfill.internal.postgres.TableInfo.ColumnInfo;
import dev.backfill.internal.postgres.TableInfo.TriggerInfo;
import dev.backfill.internal.postgres.ValueText;
import dev.backfill.model.ColumnValue;
import dev.backfill.model.NewRows;
import dev.backfill.model.Specification;
import java.sql.SQLException;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/** Decides how new rows are covered: as asked for, or by what the value allows. */
final class CoverChoice {
  private final TableInfo table;
  private final Specification spec;
  private final ExpressionProbe probe;
  private final Findings findings;

  CoverChoice(TableInfo table, Specification spec, ExpressionProbe probe, Findings findings) {
    this.table = table;
    this.spec = spec;
    this.probe = probe;
    this.findings = findings;
  }

  Cover choose() throws SQLException {
    NewRows asked = spec.options().newRows();
    if (asked == NewRows.APPLICATION) {
      return new Cover.ByApplication();
    }
    if (spec.value() instanceof ColumnValue.Constant constant) {
      String literal = Identifiers.literal(ValueText.of(constant.value()));
      return asked == NewRows.TRIGGER || spec.where().isPresent()
          ? trigger(literal)
          : new Cover.ByDefault(literal);
    }
    if (spec.value() instanceof ColumnValue.Expression expression) {
      return expression(asked, expression.sql());
    }
    findings.problem(
        "A Java function cannot cover new rows. Let the application write the column and say so with"
            + " newRows(application()).");
    return new Cover.ByApplication();
  }

  private Cover expression(NewRows asked, String sql) throws SQLException {
    List<String> inputs = probe.inputs(sql);
    if (inputs.contains(spec.column())) {
      findings.problem(
          "The value reads "
              + Identifiers.quote(spec.column())
              + ", the column that it fills, which is NULL there.");
    }
    boolean fitsDefault = inputs.isEmpty() && spec.where().isEmpty() && probe.mayBeDefault(sql);
    if (asked == NewRows.COLUMN_DEFAULT && !fitsDefault) {
      findings.problem(
          "A column default cannot be \""
              + sql
              + "\": it reads columns"
              + (inputs.isEmpty() ? " by a subquery" : " " + inputs)
              + " or depends on where(...). Use newRows(trigger()).");
    }
    return fitsDefault && asked != NewRows.TRIGGER ? new Cover.ByDefault(sql) : trigger(sql);
  }

  private Cover trigger(String sql) throws SQLException {
    Set<String> inputs = new TreeSet<>(probe.inputs(sql));
    boolean wholeRow = probe.readsWholeRow(sql);
    if (spec.where().isPresent()) {
      inputs.addAll(probe.inputs(spec.where().get()));
      wholeRow |= probe.readsWholeRow(spec.where().get());
    }
    inputs.remove(spec.column());
    for (ColumnInfo column : table.columns()) {
      if (column.generated() && inputs.contains(column.name())) {
        findings.problem(
            "The value reads "
                + Identifiers.quote(column.name())
                + ", a generated column, which has no value yet when a BEFORE trigger runs. Use the"
                + " expression that it is generated from instead.");
      }
    }
    refuseLaterTriggers();
    findings.warning(
        "The trigger that covers new rows costs each INSERT and each UPDATE of "
            + String.join(", ", inputs)
            + ": bulk inserts took 20 to 85 % longer when measured.");
    return new Cover.ByTrigger(List.copyOf(inputs), wholeRow);
  }

  /** A trigger that runs after ours could change an input, and the value would not follow. */
  private void refuseLaterTriggers() {
    String ours = CoverTrigger.insertTrigger(spec.column());
    for (TriggerInfo trigger : table.triggers()) {
      boolean later = trigger.before() && trigger.row() && trigger.name().compareTo(ours) > 0;
      if (later && !CoverTrigger.isOurs(trigger.name())) {
        findings.problem(
            "Trigger "
                + Identifiers.quote(trigger.name())
                + " runs after the one that covers new rows, by the order of names, and may change what"
                + " it reads. Rename it: ALTER TRIGGER ... RENAME TO a name before "
                + ours
                + ".");
      }
    }
  }
}
