package dev.backfill.examples.quickstart;

import dev.backfill.Backfill;
import dev.backfill.BackfillRun;
import dev.backfill.Backfills;
import dev.backfill.BoundBackfill;
import dev.backfill.model.BackfillResult;
import dev.backfill.model.Progress;
import dev.backfill.model.RunStatus;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Optional;
import javax.sql.DataSource;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;

/** The run itself: plan, progress, proof. */
final class Demonstration {
  private static final Duration LOOK = Duration.ofMillis(100);

  private final DataSource dataSource;
  private final OrdersTable orders;
  private final Traffic traffic;
  private final int cores;

  Demonstration(DataSource dataSource, OrdersTable orders, Traffic traffic, int cores) {
    this.dataSource = dataSource;
    this.orders = orders;
    this.traffic = traffic;
    this.cores = cores;
  }

  Summary run(Optional<KillSwitch> kill) throws SQLException, InterruptedException {
    BoundBackfill backfill =
        Backfill.column(OrdersTable.NAME, OrdersTable.COLUMN)
            .type("varchar(32)")
            .value(OrdersTable.VALUE)
            .stateSchema(OrdersTable.STATE)
            .serverCores(cores)
            .on(dataSource);
    System.out.println(backfill.plan());

    long rowsBefore =
        Backfills.on(dataSource, OrdersTable.STATE).list().stream()
            .mapToLong(RunStatus::rowsFilled)
            .sum();
    long heapBefore = orders.heapBytes();
    long walBefore = orders.walPosition();
    BackfillResult result;
    try (BackfillRun run = backfill.start()) {
      result = watch(run, kill);
    }
    long wal = orders.walPosition() - walBefore;
    traffic.stop();
    return Summary.of(result, rowsBefore, orders, traffic, wal, heapBefore);
  }

  private static BackfillResult watch(BackfillRun run, Optional<KillSwitch> kill)
      throws InterruptedException {
    try (ProgressBar bar = bar(run.progress())) {
      while (true) {
        Optional<BackfillResult> result = run.await(LOOK);
        Progress progress = run.progress();
        bar.maxHint(Math.max(1, progress.estimatedRows()));
        bar.stepTo(Math.round(progress.fraction() * progress.estimatedRows()));
        bar.setExtraMessage(" " + progress.phase());
        if (result.isPresent()) {
          return result.get();
        }
        kill.ifPresent(k -> k.check(progress.fraction()));
      }
    }
  }

  private static ProgressBar bar(Progress progress) {
    return new ProgressBarBuilder()
        .setTaskName("Filling")
        .setInitialMax(Math.max(1, progress.estimatedRows()))
        .setUnit(" rows", 1)
        .showSpeed()
        .setStyle(ProgressBarStyle.ASCII)
        .setUpdateIntervalMillis(250)
        .build();
  }
}
