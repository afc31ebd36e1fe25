package dev.backfill.internal.signal;

import java.util.Random;

/** A worker that passes window after window, eight times each, batch by batch. */
final class SimulatedWorker {
  private static final double TARGET_SECONDS = 0.05;
  private static final double OVERHEAD_SECONDS = 0.002;

  private final SimulatedTable table;
  private final Random random;
  private int row;
  private int wholePageRows;
  private double seconds;
  private double done = 1;

  boolean firstPass = true;
  int rows;
  double wal;
  double insertAtStart;
  int restUntil;
  boolean surprised;

  SimulatedWorker(SimulatedTable table, Random random) {
    this.table = table;
    this.random = random;
  }

  boolean working() {
    return done < 1;
  }

  double batchSeconds() {
    return seconds;
  }

  /** Of the batch's time what is not overhead. */
  double workShare() {
    return 1 - OVERHEAD_SECONDS / seconds;
  }

  boolean inFirstPass() {
    return row < table.passRows();
  }

  void start(int mostRows) {
    firstPass = inFirstPass();
    double perRow = firstPass ? table.firstSeconds() : table.laterSeconds();
    int left = (firstPass ? table.passRows() : table.windowRows()) - row;
    rows = Math.min(Math.min(left, mostRows), (int) (TARGET_SECONDS / perRow));
    wal = rows * bytesPerRow() * (0.9 + 0.2 * random.nextDouble());
    seconds = OVERHEAD_SECONDS + rows * perRow;
    done = 0;
    row += rows;
    wholePageRows = Math.max(0, wholePageRows - rows);
  }

  /** A first pass meets ever more index pages that it has written before. */
  private double bytesPerRow() {
    if (firstPass) {
      return table.firstBytes() * (1 - 0.7 * row / table.passRows());
    }
    return wholePageRows > 0 ? table.pageBytes() : table.laterBytes();
  }

  /** Works for so long; returns the part of the batch that was done in it. */
  double work(double step) {
    double part = Math.min(1 - done, step / seconds);
    done = done + part > 1 - 1e-9 ? 1 : done + part;
    return part;
  }

  /** Goes to the next window if this one is done. */
  boolean windowEnds() {
    if (row < table.windowRows()) {
      return false;
    }
    row = 0;
    wholePageRows = 0;
    return true;
  }

  /** Each page will be written whole once more; a batch that runs has been counted. */
  void checkpoint() {
    wholePageRows = table.passRows();
    surprised = true;
  }
}
