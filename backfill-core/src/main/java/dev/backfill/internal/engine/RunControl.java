package dev.backfill.internal.engine;

import dev.backfill.internal.batch.Control;
import dev.backfill.model.LeaseLostException;
import org.jspecify.annotations.Nullable;

/**
 * What was asked of a run, from this process or from another; workers look here between two
 * batches.
 */
final class RunControl implements Control {
  /** Is told of pauses. */
  @FunctionalInterface
  interface Observer {
    void paused(boolean paused);
  }

  private Observer observer = paused -> {};
  private boolean pausedHere;
  private boolean pausedByOperator;
  private boolean stopRequested;
  private boolean abandonRequested;
  private boolean abandoning;
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
      if (stopRequested || (abandonRequested && !abandoning)) {
        throw new StopRequested();
      }
      if (abandoning || !paused()) {
        return;
      }
      wait();
    }
  }

  @Override
  public synchronized boolean wanted() {
    return !paused() && !stopping();
  }

  synchronized boolean paused() {
    return pausedHere || pausedByOperator;
  }

  /** Who has to let it go on; both may have paused it. */
  synchronized String pausedBy() {
    return pausedByOperator
        ? "resume by an operator, who paused it" + (pausedHere ? "; its handle did too" : "")
        : "resume() of its handle, which paused it";
  }

  synchronized boolean stopping() {
    return stopRequested || abandonRequested || lost != null;
  }

  /** Tells from now on when the run is paused and when it goes on, at once if it is paused now. */
  void observe(Observer told) {
    boolean now;
    synchronized (this) {
      observer = told;
      now = paused();
    }
    if (now) {
      told.paused(true);
    }
  }

  void pause(boolean paused) {
    change(() -> pausedHere = paused);
  }

  void pauseByOperator(boolean paused) {
    change(() -> pausedByOperator = paused);
  }

  private void change(Runnable change) {
    boolean before;
    boolean after;
    Observer told;
    synchronized (this) {
      before = paused();
      change.run();
      after = paused();
      told = observer;
      notifyAll();
    }
    // Listeners are the user's code: not under the lock that workers need.
    if (before != after) {
      told.paused(after);
    }
  }

  synchronized void stop() {
    stopRequested = true;
    notifyAll();
  }

  /** Ends the work as a stop does; then what the run has created is to be taken away. */
  synchronized void abandon() {
    abandonRequested = true;
    notifyAll();
  }

  /**
   * Whether the work ended because the run is to be abandoned. If so, from now on nothing but a
   * stop or a lost lease keeps {@link #proceed} from returning.
   */
  synchronized boolean beginAbandoning() {
    abandoning = abandonRequested && !stopRequested;
    return abandoning;
  }

  synchronized void lost(LeaseLostException e) {
    lost = e;
    notifyAll();
  }
}
