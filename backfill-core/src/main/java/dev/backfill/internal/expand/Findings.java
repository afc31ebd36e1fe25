package dev.backfill.internal.expand;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** Collects what speaks against a run, so that the user hears all of it at once. */
final class Findings {
  private final List<String> problems = new ArrayList<>();
  // The partitions of a table mostly lack the same right.
  private final Set<String> missingRights = new LinkedHashSet<>();
  private final List<String> warnings = new ArrayList<>();

  void problem(String text) {
    problems.add(text);
  }

  /**
   * @param why what the right is needed for
   * @param grant the statement that gives it
   */
  void missingRight(String why, String grant) {
    missingRights.add(grant + "; -- " + why);
  }

  void warning(String text) {
    warnings.add(text);
  }

  List<String> problems() {
    return List.copyOf(problems);
  }

  List<String> missingRights() {
    return List.copyOf(missingRights);
  }

  List<String> warnings() {
    return List.copyOf(warnings);
  }
}
