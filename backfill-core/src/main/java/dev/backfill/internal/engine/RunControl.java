package dev.backfill.internal.engine;

import dev.backfill.internal.batch.Control;
import dev.backfill.model.LeaseLostException;
import org.jspecify.annotations.Nullable;

/**
 * What was asked of a run, from this process or from another; workers look here between two
 * batches.
 */
final class RunControl implements Control {
  private boolean pausedHere;
  private boolean pausedByOperator;
  private boolean stopRequested;
  private @Nullable LeaseLostException lost;

  @Override
  public synchronized void proceed() throws InterruptedException {
    while (true) {
      if (Thread.interrupted()) {
        throw new InterruptedException("interrupted between two batches");
      }
      if (lost != null) {
        throw new LeaseLostException(String.valueOf(lost.getMessage()), lost);
      }
      if (stopRequested) {
        throw new StopRequested();
      }
      if (!paused()) {
        return;
      }
      wait();
    }
  }

  synchronized boolean paused() {
    return pausedHere || pausedByOperator;
  }

  synchronized boolean stopping() {
    return stopRequested || lost != null;
  }

  synchronized void pause(boolean paused) {
    pausedHere = paused;
    notifyAll();
  }

  synchronized void pauseByOperator(boolean paused) {
    pausedByOperator = paused;
    notifyAll();
  }

  synchronized void stop() {
    stopRequested = true;
    notifyAll();
  }

  synchronized void lost(LeaseLostException e) {
    lost = e;
    notifyAll();
  }
}
