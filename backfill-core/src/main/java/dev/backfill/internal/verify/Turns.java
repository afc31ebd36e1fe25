package dev.backfill.internal.verify;

import dev.backfill.internal.postgres.ShortReads;
import dev.backfill.internal.signal.BatchReport;
import java.time.Duration;

/** When the next chunk may be read. */
final class Turns implements ShortReads.BeforeChunk {
  private static final Duration SLICE = Duration.ofMillis(100);

  private final VerificationWork work;

  Turns(VerificationWork work) {
    this.work = work;
  }

  @Override
  public void proceed() throws InterruptedException {
    while (true) {
      work.control().proceed();
      Duration wait = work.pace().turnIn();
      if (wait.isZero()) {
        return;
      }
      pause(wait);
    }
  }

  /** Leaves the server to others for a while. */
  void completed(Duration serverTime) throws InterruptedException {
    Duration rest = work.pace().completed(new BatchReport(0, serverTime, false, 0, 0));
    long until = work.ticker().nanos() + rest.toNanos();
    for (long left = rest.toNanos(); left > 0; left = until - work.ticker().nanos()) {
      work.control().proceed();
      pause(Duration.ofNanos(left));
    }
  }

  private void pause(Duration wait) throws InterruptedException {
    work.sleeper().sleep(wait.compareTo(SLICE) < 0 ? wait : SLICE);
  }
}
