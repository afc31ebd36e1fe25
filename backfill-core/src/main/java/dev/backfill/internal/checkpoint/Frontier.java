package dev.backfill.internal.checkpoint;

import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Up to where windows have been claimed. Keys are in their text form.
 *
 * @param leaf oid of the table that is being claimed from, empty before the first
 * @param key the last claimed key of that leaf, empty at its start
 * @param bound the leaf's greatest key when it was opened, empty for a leaf without rows
 * @param leavesDone oids of the leaves that are claimed to their bound
 */
public record Frontier(
    Optional<Long> leaf,
    Optional<List<String>> key,
    Optional<List<String>> bound,
    Set<Long> leavesDone) {

  /** Whether the open leaf has no key left to claim. */
  public boolean leafExhausted() {
    return bound.isEmpty() || key.equals(bound);
  }
}
