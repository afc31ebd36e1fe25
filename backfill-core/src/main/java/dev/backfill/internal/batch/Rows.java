package dev.backfill.internal.batch;

import java.util.ArrayList;
import java.util.List;

/**
 * A predicate that selects rows of a leaf, with its parameters in text form.
 *
 * @param byPlace whether it selects them by where they stand, which no index serves
 */
record Rows(String predicate, List<String> parameters, boolean byPlace) {
  Rows {
    parameters = List.copyOf(parameters);
  }

  /** Those of them that the other predicate selects too. */
  Rows and(Rows other) {
    List<String> both = new ArrayList<>(parameters);
    both.addAll(other.parameters);
    return new Rows(predicate + " and " + other.predicate, both, byPlace && other.byPlace);
  }
}
