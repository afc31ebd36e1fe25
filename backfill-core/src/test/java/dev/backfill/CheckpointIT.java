package dev.backfill;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backfill.event.BackfillEvent;
import dev.backfill.model.BackfillResult;
import dev.backfill.model.BatchSize;
import dev.backfill.model.RunState;
import dev.backfill.testing.CheckpointAudit;
import dev.backfill.testing.ChildJvm;
import dev.backfill.testing.PostgresTest;
import dev.backfill.testing.TestDatabase;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** The checkpoint, move by move, as a trigger on its table sees it. */
@PostgresTest
class CheckpointIT {
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  TestDatabase database;
  CheckpointAudit audit;

  @BeforeEach
  void stateSchema() {
    database.execute(
        "drop schema if exists backfill cascade",
        "drop schema if exists fixture cascade",
        "drop table if exists first, orders, lines",
        "create table first (id int primary key)");
    Backfill.column("first", "c").type("int").value("id").on(database.dataSource()).run();
    audit = CheckpointAudit.install(database);
  }

  @Test
  @DisplayName("C1, C2, C3: over SIGKILLs it only goes on, and agrees with the rows it counts")
  void killedAgainAndAgain() throws Exception {
    database.ordersTable(40_000);
    long seed = new Random().nextLong();
    System.out.println("seed " + seed);
    Random random = new Random(seed);
    for (int round = 0; round < 5; round++) {
      int batches = 1 + random.nextInt(25);
      try (ChildJvm application = application()) {
        application.awaitLine(
            line -> line.startsWith("batch " + batches + ":") || line.equals("finished"),
            batches + " batches",
            PATIENCE);
        application.killHard();
      }
    }
    try (ChildJvm application = application()) {
      application.awaitLine("finished", PATIENCE);
    }
    assertThat(audit.moves()).isGreaterThanOrEqualTo(40_000 / 200);
    audit.assertOnlyForward("%s[1]::bigint");
    audit.assertCountsTheRowsOf("(select xmin from orders where status_code is not null) o");
    assertThat(database.queryLong("select swept_rows from backfill.run where column_name <> 'c'"))
        .isZero();
  }

  private ChildJvm application() throws Exception {
    return ChildJvm.start(CrashingApplication.class, database.url(), "1");
  }

  @Test
  @DisplayName("T4: with a key of several columns it only goes on, over stops too")
  void compositeKey() {
    database.execute(
        "create table lines (a int, b text, c date, n int not null, primary key (a, b, c))",
        "insert into lines select n % 7, 'k' || n % 11, date '2026-01-01' + n, n"
            + " from generate_series(1, 3000) n");
    AtomicInteger batches = new AtomicInteger();
    Backfills operators = Backfills.on(database.dataSource());
    BackfillResult result;
    do {
      result =
          Backfill.column("lines", "filled")
              .type("bigint")
              .value("n * 2")
              .batchSize(BatchSize.fixed(37))
              .listener(
                  event -> {
                    if (event instanceof BackfillEvent.BatchCommitted
                        && batches.incrementAndGet() % 20 == 0) {
                      operators.stop("public.lines.filled");
                    }
                  })
              .on(database.dataSource())
              .run();
    } while (result.state() == RunState.STOPPED);

    assertThat(result.state()).isEqualTo(RunState.DONE);
    assertThat(audit.moves()).isGreaterThanOrEqualTo(3000 / 37);
    audit.assertOnlyForward("row(%1$s[1]::int, %1$s[2], %1$s[3]::date)");
    audit.assertCountsTheRowsOf("lines");
  }
}
