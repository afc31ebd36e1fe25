package dev.backfill.model;

import java.util.List;
import java.util.Locale;

/** A plan as a page of text. */
final class PlanText {
  private static final String INDENT = "  ";

  private final StringBuilder out = new StringBuilder();

  private PlanText() {}

  static String of(BackfillPlan plan) {
    PlanText text = new PlanText();
    text.head(plan);
    text.statements(plan);
    if (!plan.instant()) {
      text.backfill(plan);
    }
    text.section("Triggers that each filled row fires", plan.triggers());
    text.section("Rights that are missing, with what grants them", plan.missingRights());
    text.section("To know", plan.warnings());
    text.section("Deployment", plan.deployment());
    return text.out.toString();
  }

  private void head(BackfillPlan plan) {
    line("Backfill plan of run %s", plan.run());
    line("");
    line("Column     %s.%s %s", plan.table(), plan.column(), plan.type());
    line("New rows   %s", plan.cover());
    line("Key        (%s), index %s", String.join(", ", plan.key()), plan.keyIndex());
  }

  private void statements(BackfillPlan plan) {
    Phase phase = Phase.DONE;
    List<PlannedStatement> statements = plan.statements();
    for (int i = 0; i < statements.size(); i++) {
      PlannedStatement statement = statements.get(i);
      if (statement.phase() != phase) {
        phase = statement.phase();
        line("");
        line("%s%s", phase, phase == Phase.EXPAND ? ", in one transaction" : "");
      }
      line("%s%s", INDENT, statement.sql().strip().replace("\n", "\n" + INDENT + INDENT));
      boolean lastOfPhase =
          i + 1 == statements.size() || statements.get(i + 1).phase() != statement.phase();
      if (lastOfPhase || phase != Phase.EXPAND) {
        line(
            "%s  lock %s, blocks %s; %s",
            INDENT, statement.lock(), statement.blocks(), statement.atMost());
      }
    }
  }

  private void backfill(BackfillPlan plan) {
    line("");
    line("Estimates (from the planner's statistics; not promises)");
    line(
        "%sabout %,d rows in %,d windows, %s of WAL, %s unthrottled",
        INDENT,
        plan.estimatedRows(),
        plan.estimatedWindows(),
        bytes(plan.estimatedWalBytes()),
        duration(plan.estimatedDuration().toSeconds()));
    line(
        "%s%s: %s",
        INDENT,
        plan.order() == ScanOrder.PHYSICAL ? "in physical order" : "in the order of the key",
        plan.orderReason());
    line("%swindows of about %,d rows: %s", INDENT, plan.windowRows(), plan.windowReason());
    line(
        "%s%d %s over each window: %s; about %.0f %% of the updates in place (HOT)",
        INDENT,
        plan.stripes(),
        plan.stripes() == 1 ? "pass" : "passes",
        plan.stripesReason(),
        100 * plan.expectedHotShare());
    section("EXPLAIN of the query that finds where a batch ends", plan.boundaryPlan());
    section("EXPLAIN of a batch", plan.updatePlan());
  }

  private void section(String title, List<String> lines) {
    if (!lines.isEmpty()) {
      line("");
      line("%s", title);
      lines.forEach(l -> line("%s%s", INDENT, l.replace("\n", "\n" + INDENT)));
    }
  }

  private void line(String format, Object... arguments) {
    out.append(String.format(Locale.ROOT, format, arguments)).append('\n');
  }

  private static String bytes(long bytes) {
    return bytes < 1L << 30
        ? String.format(Locale.ROOT, "%.0f MB", bytes / 1e6)
        : String.format(Locale.ROOT, "%.1f GB", bytes / 1e9);
  }

  private static String duration(long seconds) {
    if (seconds < 120) {
      return Math.max(1, seconds) + " s";
    }
    return seconds < 7200 ? seconds / 60 + " min" : seconds / 3600 + " h";
  }
}
