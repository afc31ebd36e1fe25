package dev.backfill;

import dev.backfill.event.BackfillEvent;
import dev.backfill.model.BatchSize;
import dev.backfill.model.ScanOrder;
import dev.backfill.model.Timeouts;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.postgresql.ds.PGSimpleDataSource;

/** Run in a JVM of its own by {@link CrashIT}: fills orders and says so batch by batch. */
public final class CrashingApplication {
  private static final AtomicInteger BATCHES = new AtomicInteger();

  private CrashingApplication() {}

  public static void main(String[] args) {
    PGSimpleDataSource dataSource = new PGSimpleDataSource();
    dataSource.setUrl(args[0]);
    dataSource.setApplicationName("backfill");
    Backfill.column("orders", "status_code")
        .type("text")
        .value("case when shipped_at is null then 'pending' else 'shipped' end")
        .workers(Integer.parseInt(args[1]))
        .order(args.length > 2 ? ScanOrder.valueOf(args[2]) : ScanOrder.AUTO)
        .batchSize(BatchSize.fixed(200))
        .maxRowsPerSecond(10_000)
        // Beside the traffic of a test it would rest for minutes.
        .unthrottled()
        .timeouts(Timeouts.defaults().withLease(Duration.ofSeconds(1)))
        .listener(CrashingApplication::say)
        .on(dataSource)
        .run();
    System.out.println("finished");
  }

  private static void say(BackfillEvent event) {
    if (event instanceof BackfillEvent.BatchCommitted batch) {
      System.out.println("batch " + BATCHES.incrementAndGet() + ": " + batch.rows() + " rows");
    } else {
      System.out.println(event);
    }
  }
}
