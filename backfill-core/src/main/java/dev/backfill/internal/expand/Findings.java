package dev.backfill.internal.expand;

import java.util.ArrayList;
import java.util.List;

/** Collects what speaks against a run, so that the user hears all of it at once. */
final class Findings {
  private final List<String> problems = new ArrayList<>();
  private final List<String> missingRights = new ArrayList<>();
  private final List<String> warnings = new ArrayList<>();

  void problem(String text) {
    problems.add(text);
  }

  /**
   * @param mend the statement that grants the right
   */
  void missingRight(String what, String mend) {
    missingRights.add(what + ": " + mend);
  }

  void warning(String text) {
    warnings.add(text);
  }

  boolean none() {
    return problems.isEmpty();
  }

  List<String> problems() {
    return problems;
  }

  List<String> missingRights() {
    return missingRights;
  }

  List<String> warnings() {
    return warnings;
  }
}
