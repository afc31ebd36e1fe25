package dev.backfill.internal.checkpoint;

import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Up to where windows have been claimed, by keys or by places in their text form.
 *
 * @param leaf oid of the table that is being claimed from, empty before the first
 * @param file the leaf's relfilenode, whose places key and bound are; empty where they are keys
 * @param key the last claimed key or place of that leaf, empty at its start
 * @param bound the leaf's greatest key, or its end, when it was opened; empty for a leaf without
 *     rows
 * @param leavesDone oids of the leaves that are claimed to their bound
 */
public record Frontier(
    Optional<Long> leaf,
    Optional<Long> file,
    Optional<List<String>> key,
    Optional<List<String>> bound,
    Set<Long> leavesDone) {

  /** What the windows of the open leaf are claimed by. */
  public WindowKind kind() {
    return file.isPresent() ? WindowKind.BLOCK : WindowKind.KEY;
  }

  /** Whether the open leaf has nothing left to claim. */
  public boolean leafExhausted() {
    return bound.isEmpty() || key.equals(bound);
  }
}
