package dev.backfill.fleet;

/** What was asked of the whole fleet; shards look here before they begin. */
final class FleetControl {
  private boolean paused;
  private boolean stopping;

  /** Returns when the next shard may begin: false when none may any more. */
  synchronized boolean awaitTurn() throws InterruptedException {
    while (paused && !stopping) {
      wait();
    }
    return !stopping;
  }

  synchronized void pause(boolean wanted) {
    paused = wanted;
    notifyAll();
  }

  synchronized void stop() {
    stopping = true;
    notifyAll();
  }
}
