package dev.backfill;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.zaxxer.hikari.HikariDataSource;
import dev.backfill.event.BackfillEvent;
import dev.backfill.model.BackfillException;
import dev.backfill.model.BackfillResult;
import dev.backfill.model.BatchSize;
import dev.backfill.model.Contract;
import dev.backfill.model.RunState;
import dev.backfill.testing.PostgresTest;
import dev.backfill.testing.TestDatabase;
import dev.backfill.testing.UpdateAudit;
import java.sql.Connection;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.postgresql.ds.PGSimpleDataSource;

@PostgresTest
class ConnectionsIT {
  private static final int ROWS = 20_000;
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  TestDatabase database;

  @BeforeEach
  void orders() {
    database.execute(
        "drop schema if exists backfill cascade", "drop table if exists orders cascade");
    database.ordersTable(ROWS);
  }

  private static BackfillBuilder statusCode() {
    return Backfill.column("orders", "status_code")
        .type("text")
        .value("case when shipped_at is null then 'pending' else 'shipped' end")
        .batchSize(BatchSize.fixed(100));
  }

  @ParameterizedTest(name = "C7: {0} workers, all sessions ended in mid-run, and each row once")
  @ValueSource(ints = {1, 2})
  void everySessionIsEndedThreeTimes(int workers) {
    UpdateAudit audit = UpdateAudit.install(database, "orders", "status_code");
    AtomicInteger batches = new AtomicInteger();
    BackfillResult result =
        statusCode()
            .workers(workers)
            .listener(
                event -> {
                  if (event instanceof BackfillEvent.BatchCommitted
                      && batches.incrementAndGet() % 50 == 0
                      && batches.get() <= 150) {
                    database.terminateBackends("app");
                  }
                })
            .on(database.dataSource())
            .run();

    assertThat(result.state()).isEqualTo(RunState.DONE);
    // A pooler replaces an idle session that has ended, and the run need not notice.
    if (!Boolean.getBoolean("backfill.test.pgbouncer")) {
      assertThat(result.retries()).isPositive();
    }
    audit.assertEachRowOnce(ROWS);
  }

  @Test
  @DisplayName("C7: a paused run whose sessions are ended keeps its lease and goes on")
  void endedWhilePaused() throws Exception {
    UpdateAudit audit = UpdateAudit.install(database, "orders", "status_code");
    CountDownLatch first = new CountDownLatch(1);
    CountDownLatch paused = new CountDownLatch(1);
    try (BackfillRun run =
        statusCode()
            .maxRowsPerSecond(5_000)
            .listener(
                event -> {
                  if (event instanceof BackfillEvent.BatchCommitted) {
                    first.countDown();
                  } else if (event instanceof BackfillEvent.RunPaused) {
                    paused.countDown();
                  }
                })
            .on(database.dataSource())
            .start()) {
      assertThat(first.await(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
      run.pause();
      assertThat(paused.await(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
      database.terminateBackends("app");
      run.resume();
      assertThat(run.await(PATIENCE).orElseThrow().state()).isEqualTo(RunState.DONE);
    }
    assertThat(database.queryLong("select epoch from backfill.run")).isEqualTo(1);
    audit.assertEachRowOnce(ROWS);
  }

  @Test
  @DisplayName("L6: a pool without auto-commit works, and no transaction is left open")
  void poolWithoutAutoCommit() throws Exception {
    try (HikariDataSource pool = database.pool(3)) {
      pool.setAutoCommit(false);
      statusCode().on(pool).plan();
      BackfillResult waiting = statusCode().workers(2).contract(Contract.manual()).on(pool).run();
      assertThat(waiting.state()).isEqualTo(RunState.AWAITING_APPROVAL);
      Backfills.on(pool).approveContract(waiting.name());
      assertThat(Backfills.on(pool).list()).hasSize(1);
      assertThat(statusCode().workers(2).on(pool).run().notNull()).isTrue();

      assertThat(open("app")).isZero();
      try (Connection connection = pool.getConnection()) {
        assertThat(connection.getAutoCommit()).isFalse();
      }
    }
  }

  @Test
  void aPoolOfOurOwnIsClosedWhateverHappens() throws Exception {
    PGSimpleDataSource server = database.unpooled();
    String url = server.getUrl();
    String user = server.getUser();
    String password = Objects.requireNonNullElse(server.getPassword(), "");

    assertThat(statusCode().on(url, user, password).plan().table()).contains("orders");
    awaitNoSession();
    assertThatThrownBy(
            () ->
                Backfill.column("orders", "bad")
                    .type("int")
                    .value("no_such_column")
                    .on(url, user, password)
                    .run())
        .isInstanceOf(BackfillException.class);
    awaitNoSession();
    try (BackfillRun run = statusCode().maxRowsPerSecond(1_000).on(url, user, password).start()) {
      Awaitility.await()
          .atMost(PATIENCE)
          .until(() -> run.progress().rowsFilled() > 0 && sessions() > 0);
    }
    awaitNoSession();
    assertThat(statusCode().on(url, user, password).run().state()).isEqualTo(RunState.DONE);
    awaitNoSession();
  }

  private long open(String application) {
    return database.queryLong(
        "select count(*) from pg_stat_activity where datname = current_database()"
            + " and application_name = ? and (xact_start is not null or state <> 'idle')",
        application);
  }

  private long sessions() {
    return database.queryLong(
        "select count(*) from pg_stat_activity where datname = current_database()"
            + " and application_name = 'backfill'");
  }

  private void awaitNoSession() {
    // A server process ends some time after its client.
    Awaitility.await().atMost(PATIENCE).until(() -> sessions() == 0);
  }
}
