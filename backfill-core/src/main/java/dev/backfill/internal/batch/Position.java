package dev.backfill.internal.batch;

import dev.backfill.internal.checkpoint.WindowRow;
import java.util.List;
import java.util.Optional;

/**
 * How far a window is filled.
 *
 * @param stripe the pass at work; the number of stripes once the window is done
 * @param cursor the last key or place done in that pass, empty at its start
 */
record Position(int stripe, Optional<List<String>> cursor) {

  static Position of(WindowRow window) {
    return new Position(window.stripe(), window.cursor());
  }

  /** Where the window stands once the batch up to a key or place is done. */
  Position after(List<String> end, WindowRow window) {
    return end.equals(window.hi())
        ? new Position(stripe + 1, Optional.empty())
        : new Position(stripe, Optional.of(end));
  }
}
