package dev.backfill.internal.batch;

/** What a worker asks between two batches. */
public interface Control {
  /**
   * Returns when the next batch may start; waits while the run is paused.
   *
   * @throws InterruptedException when the thread was told to end
   * @throws StopRequested when the run is to end cleanly
   * @throws dev.backfill.model.LeaseLostException when another owner has the run
   */
  void proceed() throws InterruptedException;

  /** Whether a statement that takes long is to go on: the run neither pauses nor ends. */
  default boolean wanted() {
    return true;
  }

  /** Ends a worker between two batches; not an error. */
  final class StopRequested extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public StopRequested() {
      super("stop requested", null, false, false);
    }
  }
}
