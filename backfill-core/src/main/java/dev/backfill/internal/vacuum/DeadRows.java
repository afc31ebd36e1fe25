package dev.backfill.internal.vacuum;

import java.util.ArrayDeque;
import java.util.Deque;

/**
 * The dead rows that a run has left in one table since it was vacuumed, oldest first.
 *
 * <p>Counted by the run itself: {@code n_dead_tup} is reported late, starts again at nothing after
 * a crash of the server, and has in it what the next read of a page prunes without any vacuum.
 */
final class DeadRows {
  private static final int MARKS = 8;

  private record Mark(long nextTransaction, long rows) {}

  private final Deque<Mark> marks = new ArrayDeque<>();
  private final long bound;
  private long rows;

  /**
   * @param bound how many are worth a vacuum
   */
  DeadRows(long bound) {
    this.bound = bound;
  }

  void add(long more) {
    rows += more;
  }

  long rows() {
    return rows;
  }

  long bound() {
    return bound;
  }

  boolean due() {
    return rows >= bound;
  }

  /** Whether enough have come since the last mark for another one. */
  boolean markDue() {
    long marked = marks.isEmpty() ? 0 : marks.getLast().rows();
    return rows - marked >= Math.max(1, bound / MARKS);
  }

  /** All rows until now died before this transaction. */
  void mark(long nextTransaction) {
    marks.addLast(new Mark(nextTransaction, rows));
  }

  /** Those that no snapshot sees any more, as far as the marks tell. */
  long removable(long horizon) {
    long removable = 0;
    for (Mark mark : marks) {
      if (mark.nextTransaction() > horizon) {
        break;
      }
      removable = mark.rows();
    }
    return removable;
  }

  /** A vacuum has removed so many, the oldest. */
  void removed(long gone) {
    rows = Math.max(0, rows - gone);
    Deque<Mark> left = new ArrayDeque<>();
    for (Mark mark : marks) {
      if (mark.rows() > gone) {
        left.addLast(new Mark(mark.nextTransaction(), mark.rows() - gone));
      }
    }
    marks.clear();
    marks.addAll(left);
  }
}
