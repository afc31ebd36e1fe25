package dev.backfill.internal.batch;

import java.util.ArrayList;
import java.util.List;

/**
 * A predicate that selects rows of a leaf, with its parameters in text form.
 *
 * @param by what it selects them by
 */
record Rows(String predicate, List<String> parameters, By by) {
  enum By {
    /** A range of keys, or one key. */
    KEY_RANGE,
    /** Many keys, each for itself. */
    KEY_LIST,
    /** Where they stand, which no index serves. */
    PLACE
  }

  Rows {
    parameters = List.copyOf(parameters);
  }

  /** Those of them that the other predicate selects too; of two kinds nothing special is known. */
  Rows and(Rows other) {
    List<String> both = new ArrayList<>(parameters);
    both.addAll(other.parameters);
    return new Rows(
        predicate + " and " + other.predicate, both, by == other.by ? by : By.KEY_RANGE);
  }
}
