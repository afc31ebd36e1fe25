package dev.backfill.internal.batch;

import java.util.List;

/** A predicate that selects rows of a leaf, with its parameters in text form. */
record Rows(String predicate, List<String> parameters) {
  Rows {
    parameters = List.copyOf(parameters);
  }
}
