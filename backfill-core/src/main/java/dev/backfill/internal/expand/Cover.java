package dev.backfill.internal.expand;

import java.util.List;

/** How rows get their value that are inserted from the moment the column exists. */
public sealed interface Cover {

  /** By a column default; an explicit NULL defeats it. */
  record ByDefault(String defaultSql) implements Cover {}

  /**
   * By triggers that fill on insert and recompute when an input changes.
   *
   * @param inputs the columns that the value and the condition read
   * @param wholeRow whether one of them reads the row as a whole
   */
  record ByTrigger(List<String> inputs, boolean wholeRow) implements Cover {
    public ByTrigger {
      inputs = List.copyOf(inputs);
    }
  }

  /** By the application; the final sweep catches the rest. */
  record ByApplication() implements Cover {}

  /**
   * By nothing of ours.
   *
   * @param reason why no row can be inserted without a value
   */
  record None(String reason) implements Cover {}

  /** In words, for a plan. */
  default String describe() {
    if (this instanceof ByDefault byDefault) {
      return "column default " + byDefault.defaultSql();
    }
    if (this instanceof ByTrigger byTrigger) {
      return byTrigger.inputs().isEmpty()
          ? "trigger on insert, and on any update of a row without a value"
          : "trigger on insert, and on any update that changes "
              + String.join(", ", byTrigger.inputs());
    }
    if (this instanceof None none) {
      return "nothing is needed: " + none.reason();
    }
    return "the application writes the column";
  }
}
