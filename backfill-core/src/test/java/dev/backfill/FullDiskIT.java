package dev.backfill;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.zaxxer.hikari.HikariDataSource;
import dev.backfill.event.BackfillEvent;
import dev.backfill.event.BackfillEvent.ServerBack;
import dev.backfill.event.BackfillEvent.ServerLost;
import dev.backfill.model.BackfillResult;
import dev.backfill.model.BatchSize;
import dev.backfill.model.RetryPolicy;
import dev.backfill.model.RunState;
import dev.backfill.testing.PrivateServer;
import dev.backfill.testing.SmallDisk;
import dev.backfill.testing.SqlFailure;
import dev.backfill.testing.TestDatabase;
import dev.backfill.testing.UpdateAudit;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A disk without room, for the rows or for the log: the error is the kernel's own. */
@Tag("long")
class FullDiskIT {
  private static final int ROWS = 20_000;
  private static final Duration PATIENCE = Duration.ofMinutes(2);
  private static final String VALUE =
      "case when shipped_at is null then 'pending' else 'shipped' end";

  private final List<BackfillEvent> events = new CopyOnWriteArrayList<>();

  @Test
  @DisplayName("E3: no room for the table is waited for, and the run ends by itself once there is")
  void ofTheTable() throws Exception {
    try (SmallDisk disk = SmallDisk.mount(16);
        PrivateServer server = PrivateServer.start();
        CapturedLog log = CapturedLog.open()) {
      TestDatabase database = server.database();
      database.ordersTable(ROWS);
      database.execute(
          "create tablespace small location '" + disk.directory() + "'",
          "alter table orders set tablespace small");
      UpdateAudit audit = UpdateAudit.install(database, "orders", "status_code");
      // For the first batches, not for the eighth of the rows that leaves its pages.
      disk.fill(64 * 1024);
      try (BackfillRun run = start(database)) {
        await().atMost(PATIENCE).until(() -> lost().size() > 0);
        assertThat(lost()).first().returns("53100", e -> e.sqlState().orElseThrow());
        assertThat(lost()).first().asString().contains("No space left on device");
        assertThat(log.lines())
            .anyMatch(line -> line.contains("No space left") && line.contains("goes on by itself"));
        // More than one attempt's time.
        await()
            .atMost(PATIENCE)
            .until(
                () ->
                    run.progress()
                        .waited()
                        .filter(w -> w.compareTo(Duration.ofSeconds(2)) > 0)
                        .isPresent());
        assertThat(run.progress().waitingFor().orElseThrow()).contains("No space left on device");
        assertThat(run.completion()).isNotDone();
        assertThat(database.queryLong("select sum(rows) from backfill.run_window"))
            .isBetween(1L, ROWS / 8L);

        disk.free();
        assertDone(run, database, audit);
      }
      assertThat(lost()).allMatch(e -> e.sqlState().filter("53100"::equals).isPresent());
    }
  }

  @Test
  @DisplayName("E3: no room for the log ends the server; once it is started again the run goes on")
  void ofTheLog() throws Exception {
    try (SmallDisk disk = SmallDisk.mount(64);
        PrivateServer server = PrivateServer.start()) {
      server.stop();
      disk.take(server.dataDirectory().resolve("pg_wal"));
      server.restart();
      TestDatabase database = server.database();
      database.ordersTable(ROWS);
      UpdateAudit audit = UpdateAudit.install(database, "orders", "status_code");
      try (BackfillRun run = start(database)) {
        await().atMost(PATIENCE).until(() -> run.progress().rowsFilled() > 0);
        disk.fill(0);
        assertThatThrownBy(
                () ->
                    database.execute(
                        "create table noise as"
                            + " select g, repeat('x', 1000) from generate_series(1, 100000) g"))
            .isInstanceOf(SqlFailure.class);
        // It panics, and finds no room for its recovery either.
        server.postgres().awaitEnd();
        await().atMost(PATIENCE).until(() -> lost().size() > 0);

        disk.free();
        server.restart();
        assertDone(run, database, audit);
      }
    }
  }

  private BackfillRun start(TestDatabase database) {
    HikariDataSource pool = database.pool(5);
    // It says that there is no connection only after its time-out.
    pool.setConnectionTimeout(1_000);
    return Backfill.column("orders", "status_code")
        .type("text")
        .value(VALUE)
        .batchSize(BatchSize.fixed(100))
        .maxRowsPerSecond(5_000)
        .retry(new RetryPolicy(20, Duration.ofMillis(50), Duration.ofMillis(500)))
        .listener(events::add)
        .on(pool)
        .start();
  }

  private List<ServerLost> lost() {
    return events.stream()
        .filter(ServerLost.class::isInstance)
        .map(ServerLost.class::cast)
        .toList();
  }

  private void assertDone(BackfillRun run, TestDatabase database, UpdateAudit audit)
      throws InterruptedException {
    BackfillResult result = run.await(PATIENCE).orElseThrow();
    assertThat(result.state()).isEqualTo(RunState.DONE);
    assertThat(result.notNull()).isTrue();
    assertThat(database.queryLong("select count(*) from orders where status_code = " + VALUE))
        .isEqualTo(ROWS);
    audit.assertEachRowOnce(ROWS);
    assertThat(events).hasAtLeastOneElementOfType(ServerBack.class);
  }
}
