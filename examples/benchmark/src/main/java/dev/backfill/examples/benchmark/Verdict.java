package dev.backfill.examples.benchmark;

import java.util.List;
import java.util.Locale;

/** Whether a bound was kept. */
record Verdict(String table, String what, String bound, double measured, boolean reached) {
  private static final String FORM = "%-16s %-46s %8s %9s  %s%n";

  static String text(List<Verdict> verdicts) {
    StringBuilder text =
        new StringBuilder(FORM.formatted("table", "figure", "bound", "measured", ""));
    for (Verdict verdict : verdicts) {
      text.append(
          FORM.formatted(
              verdict.table, verdict.what, verdict.bound, verdict.figure(), verdict.answer()));
    }
    return text.toString();
  }

  static String markdown(List<Verdict> verdicts) {
    StringBuilder text =
        new StringBuilder("| table | figure | bound | measured | |\n|---|---|---|---|---|\n");
    for (Verdict verdict : verdicts) {
      text.append(
          "| %s | %s | %s | %s | %s |\n"
              .formatted(
                  verdict.table, verdict.what, verdict.bound, verdict.figure(), verdict.answer()));
    }
    return text.toString();
  }

  private String figure() {
    return String.format(Locale.ROOT, "%.2f", measured);
  }

  private String answer() {
    return reached ? "reached" : "not reached";
  }
}
