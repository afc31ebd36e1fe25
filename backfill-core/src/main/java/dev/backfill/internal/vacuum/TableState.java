package dev.backfill.internal.vacuum;

import dev.backfill.internal.postgres.OldestSnapshot;
import dev.backfill.internal.postgres.VacuumStatistics;
import java.time.Duration;
import java.util.concurrent.locks.ReentrantLock;

/** What is known of one table by all workers, and whose turn it is to look at it. */
final class TableState {
  private final ReentrantLock turn = new ReentrantLock();
  private final DeadRows dead;
  private long vacuums = -1;
  private long nextLook = Long.MIN_VALUE;
  private Duration waited = Duration.ZERO;
  private boolean givenUp;
  private boolean told;

  TableState(DeadRows dead) {
    this.dead = dead;
  }

  /** Held by the one worker that looks, and vacuums or waits. */
  ReentrantLock turn() {
    return turn;
  }

  synchronized void moved(long rows) {
    dead.add(rows);
  }

  synchronized long rows() {
    return dead.rows();
  }

  synchronized long bound() {
    return dead.bound();
  }

  synchronized boolean markDue() {
    return dead.markDue();
  }

  synchronized boolean due(long now) {
    return dead.due() && (nextLook == Long.MIN_VALUE || now - nextLook >= 0);
  }

  synchronized void lookAgainAt(long time) {
    nextLook = time;
  }

  /** Counts anew, and returns how many rows a vacuum would remove. */
  synchronized long counted(OldestSnapshot.Horizon horizon, VacuumStatistics statistics) {
    if (vacuums >= 0 && statistics.vacuums() > vacuums) {
      // Somebody has vacuumed it: no more are dead than the statistics have.
      vacuumed(Math.max(0, dead.rows() - statistics.deadRows()));
    }
    vacuums = statistics.vacuums();
    if (dead.markDue()) {
      dead.mark(horizon.next());
    }
    return dead.removable(horizon.oldest());
  }

  /** So many rows are gone by a vacuum of ours. */
  synchronized void vacuumedByUs(long rows) {
    vacuumed(rows);
    // What the server counts now is this one; it may tell so a moment later.
    vacuums = -1;
  }

  private void vacuumed(long rows) {
    dead.removed(rows);
    waited = Duration.ZERO;
    givenUp = false;
    told = false;
  }

  /** Over all waits since it was vacuumed, time in which the run was paused left out. */
  synchronized Duration waited() {
    return waited;
  }

  synchronized void waited(Duration more) {
    waited = waited.plus(more);
  }

  /** Until it is vacuumed it is not waited for again. */
  synchronized void giveUp() {
    givenUp = true;
  }

  synchronized boolean givenUp() {
    return givenUp;
  }

  /** Whether this is the first time since it was vacuumed. */
  synchronized boolean tellsFirst() {
    boolean first = !told;
    told = true;
    return first;
  }
}
