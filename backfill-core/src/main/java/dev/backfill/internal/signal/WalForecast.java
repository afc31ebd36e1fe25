package dev.backfill.internal.signal;

/**
 * How much WAL a row will make, and so how many rows a batch may have.
 *
 * <p>The first pass of a window writes full pages and index entries, the later ones update in
 * place: two predictions, up to 70-fold apart. Each is a fifth above what the last batch took, and
 * falls by half at most, so that a batch has at most twice the rows of the one before.
 *
 * <p>After a checkpoint has begun, the first change of every page writes it whole, in any pass. The
 * first pass then returns to its worst. A later pass changes only heap pages, so it is expected to
 * write one page a row, but no more than the first pass ever did, and no less than it once did
 * itself.
 *
 * <p>Thread-safe: the workers of a run share it.
 */
final class WalForecast {
  static final int FLOOR = 20;

  private static final double FULL_PAGE = 7.8 * 1024;
  private static final double LATER_GUESS = 1024;
  private static final long LEAST_SHARE = 64L << 10;

  private final Prediction first;
  private final Prediction later;
  private int workers = 1;

  WalForecast(int indexes) {
    this.first = new Prediction((indexes + 1) * FULL_PAGE);
    this.later = new Prediction(LATER_GUESS);
  }

  /** Learns from a committed batch; nothing where its WAL is not known, which is zero. */
  synchronized void committed(boolean firstPass, long rows, long walBytes) {
    if (rows > 0 && walBytes > 0) {
      of(firstPass).measured((double) walBytes / rows);
    }
  }

  /** The pages ahead have not been written of late. */
  synchronized void windowStarted() {
    first.expectAtLeast(first.worst);
  }

  /** Every page will be written whole once more. */
  synchronized void checkpointStarted() {
    first.expectAtLeast(first.worst);
    later.expectAtLeast(Math.max(later.worst, Math.min(FULL_PAGE, first.worst)));
    // Batches that run now began before it, and will tell of how cheap rows were then.
    first.holdFor(workers);
    later.holdFor(workers);
  }

  /** Predicted bytes of WAL per row. */
  synchronized double perRow(boolean firstPass) {
    return of(firstPass).bytes;
  }

  /** Rows whose WAL is a quarter of the window, shared by the workers. */
  synchronized int rows(boolean firstPass, long windowBytes, int workers) {
    this.workers = workers;
    double share = (double) Math.max(windowBytes / 4, LEAST_SHARE) / workers;
    return (int) Math.max(FLOOR, share / perRow(firstPass));
  }

  private Prediction of(boolean firstPass) {
    return firstPass ? first : later;
  }

  private static final class Prediction {
    private static final double MARGIN = 1.2;

    private double bytes;
    private double worst;
    private boolean guessed = true;
    private int held;

    Prediction(double guess) {
      this.bytes = guess;
      this.worst = guess;
    }

    void measured(double perRow) {
      double expected = MARGIN * perRow;
      worst = guessed ? expected : Math.max(worst, expected);
      guessed = false;
      bytes = Math.max(expected, held > 0 ? bytes : bytes / 2);
      held = Math.max(0, held - 1);
    }

    void holdFor(int batches) {
      held = batches;
    }

    void expectAtLeast(double perRow) {
      bytes = Math.max(bytes, perRow);
    }
  }
}
