package dev.backfill.examples.benchmark;

import dev.backfill.event.BackfillEvent;
import dev.backfill.event.BackfillListener;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * What each pass over the windows of a run came to; a window with one pass counts with the first.
 */
final class PassTimes implements BackfillListener {
  private final Map<Integer, Pass> passes = new TreeMap<>();

  private record Pass(long rows, long hotRows, double micros) {
    Pass plus(Pass other) {
      return new Pass(rows + other.rows, hotRows + other.hotRows, micros + other.micros);
    }
  }

  @Override
  public synchronized void onEvent(BackfillEvent event) {
    if (event instanceof BackfillEvent.BatchCommitted batch) {
      passes.merge(
          batch.stripe(),
          new Pass(batch.rows(), batch.hotRows(), batch.serverTime().toNanos() / 1e3),
          Pass::plus);
    }
  }

  /** Rows, how many of them in place, and the batches' time for a row; nothing without batches. */
  synchronized String table() {
    if (passes.isEmpty()) {
      return "";
    }
    StringBuilder text =
        new StringBuilder(String.format("%n%4s %9s %6s %9s%n", "pass", "rows", "HOT", "µs a row"));
    passes.forEach(
        (number, pass) ->
            text.append(
                String.format(
                    Locale.ROOT,
                    "%4d %9d %5.0f%% %9.2f%n",
                    number + 1,
                    pass.rows,
                    100.0 * pass.hotRows / Math.max(1, pass.rows),
                    pass.micros / Math.max(1, pass.rows))));
    return text.toString();
  }
}
