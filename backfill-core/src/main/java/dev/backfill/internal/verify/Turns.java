package dev.backfill.internal.verify;

import dev.backfill.internal.checkpoint.VerificationStore;
import dev.backfill.internal.postgres.ShortReads;
import dev.backfill.internal.signal.BatchReport;
import dev.backfill.internal.time.Ticker;
import java.sql.Connection;
import java.time.Duration;

/** When the next chunk may be read. The lease is kept meanwhile, however long that takes. */
final class Turns implements ShortReads.BeforeChunk {
  private static final Duration SLICE = Duration.ofMillis(100);

  private final Connection connection;
  private final VerificationWork work;
  private final VerificationStore store;
  private final Ticker ticker;
  private long renewed;

  Turns(Connection connection, VerificationWork work) {
    this.connection = connection;
    this.work = work;
    this.store = work.store();
    this.ticker = work.ticker();
    this.renewed = ticker.nanos();
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
    renewed = ticker.nanos();
    Duration rest = work.pace().completed(new BatchReport(0, serverTime, false, 0, 0));
    long until = ticker.nanos() + rest.toNanos();
    for (long left = rest.toNanos(); left > 0; left = until - ticker.nanos()) {
      work.control().proceed();
      pause(Duration.ofNanos(left));
    }
  }

  private void pause(Duration wait) throws InterruptedException {
    if (ticker.nanos() - renewed > work.lease().dividedBy(3).toNanos()) {
      store.renew(connection, work.run(), work.epoch(), work.lease());
      renewed = ticker.nanos();
    }
    work.sleeper().sleep(wait.compareTo(SLICE) < 0 ? wait : SLICE);
  }
}
