package dev.backfill.internal.batch;

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
}
