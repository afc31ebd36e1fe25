package dev.backfill;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.backfill.event.BackfillEvent;
import dev.backfill.internal.postgres.LockMode;
import dev.backfill.model.BackfillResult;
import dev.backfill.model.LockNotAcquiredException;
import dev.backfill.model.RunState;
import dev.backfill.model.Timeouts;
import dev.backfill.testing.LockHolder;
import dev.backfill.testing.LockSampler;
import dev.backfill.testing.PostgresTest;
import dev.backfill.testing.PreparedTransaction;
import dev.backfill.testing.TestDatabase;
import dev.backfill.testing.Traffic;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@PostgresTest
class DdlStallsIT {
  private static final String VALUE =
      "case when shipped_at is null then 'pending' else 'shipped' end";
  private static final Duration PATIENCE = Duration.ofMinutes(2);
  // The ceiling is a time-out of the server's; a slow machine adds to it what it likes.
  private static final Duration CEILING = Timeouts.defaults().ddlLock().plusSeconds(10);

  TestDatabase database;

  private final List<String> heldBackBy = new CopyOnWriteArrayList<>();

  @BeforeEach
  void orders() {
    database.execute(
        "drop schema if exists backfill cascade", "drop table if exists orders cascade");
    database.ordersTable(2_000);
  }

  private BackfillBuilder statusCode() {
    return Backfill.column("orders", "status_code")
        .type("text")
        .value(VALUE)
        .listener(
            event -> {
              if (event instanceof BackfillEvent.DdlWaiting waiting) {
                heldBackBy.add(waiting.holders());
              }
            });
  }

  private void awaitHeldBack() {
    Awaitility.await().atMost(PATIENCE).until(() -> !heldBackBy.isEmpty());
  }

  private void awaitAge(LockHolder holder, int seconds) {
    Awaitility.await()
        .atMost(PATIENCE)
        .until(
            () ->
                database.queryLong(
                        "select extract(epoch from clock_timestamp() - xact_start)::int"
                            + " from pg_stat_activity where pid = ?",
                        holder.pid())
                    >= seconds);
  }

  private static Duration longestStall(LockSampler sampler) {
    return sampler.longestWait(lock -> lock.application().equals("traffic"));
  }

  private boolean columnExists() {
    return database.queryLong(
            "select count(*) from pg_attribute where attrelid = 'orders'::regclass"
                + " and attname = 'status_code'")
        == 1;
  }

  @Test
  @DisplayName("L1: behind a long reader the DDL does not queue until the reader is gone")
  void longReader() throws InterruptedException {
    behindReaderOf(3);
  }

  @Test
  @Tag("slow")
  @DisplayName("L1: behind a reader of 60 s nobody waits, and the DDL is done once it is gone")
  void readerOfAMinute() throws InterruptedException {
    behindReaderOf(60);
  }

  private void behindReaderOf(int seconds) throws InterruptedException {
    try (LockHolder reader = LockHolder.reader(database, "orders");
        Traffic traffic = Traffic.on(database).onlyOldCode().start();
        LockSampler meanwhile = LockSampler.start(database)) {
      // Behind one that is young the DDL does queue.
      awaitAge(reader, 2);
      try (BackfillRun run = statusCode().on(database.pool(3)).start()) {
        awaitHeldBack();
        traffic.awaitEach(20);
        awaitAge(reader, seconds);
        meanwhile.stop();
        assertThat(meanwhile.observed())
            .noneMatch(lock -> !lock.granted() && lock.mode() == LockMode.ACCESS_EXCLUSIVE);
        LockSampler afterwards = LockSampler.start(database);
        reader.release();
        assertThat(run.await(PATIENCE).map(BackfillResult::state)).contains(RunState.DONE);
        afterwards.stop();
        assertThat(longestStall(afterwards)).isLessThan(CEILING);
      }
      traffic.verify(VALUE);
    }
    assertThat(heldBackBy.get(0)).contains("pid ").contains("holder");
  }

  @Test
  @DisplayName("L1: the DDL gets through on a table with 12 busy clients")
  void busyClients() {
    try (Traffic traffic = Traffic.on(database).writers(12).pause(Duration.ZERO).start();
        LockSampler sampler = LockSampler.start(database)) {
      traffic.awaitEach(0);
      assertThat(statusCode().on(database.pool(3)).run().state()).isEqualTo(RunState.DONE);
      traffic.awaitEach(20);
      sampler.stop();
      assertThat(longestStall(sampler)).isLessThan(CEILING);
      traffic.verify(VALUE);
    }
  }

  @Test
  @DisplayName("L4: at the deadline the holder is named, a prepared transaction too")
  void deadline() {
    try (PreparedTransaction prepared =
        PreparedTransaction.of(database, "lock table orders in access share mode")) {
      assertThatThrownBy(
              () ->
                  statusCode()
                      .timeouts(Timeouts.defaults().withDdlDeadline(Duration.ofSeconds(1)))
                      .on(database.pool(3))
                      .run())
          .isInstanceOf(LockNotAcquiredException.class)
          .hasMessageContaining("prepared transaction '" + prepared.gid())
          .hasMessageContaining("ROLLBACK PREPARED");
    }
    assertThat(columnExists()).isFalse();
  }

  @Test
  void aRunIsStoppedWhileItsDdlWaits() throws InterruptedException {
    try (LockHolder reader = LockHolder.reader(database, "orders");
        BackfillRun run = statusCode().on(database.pool(3)).start()) {
      awaitHeldBack();
      run.stop();
      assertThat(run.await(PATIENCE).map(BackfillResult::state)).contains(RunState.STOPPED);
      assertThat(reader.isAlive()).isTrue();
    }
    assertThat(columnExists()).isFalse();
    assertThat(statusCode().on(database.pool(3)).run().state()).isEqualTo(RunState.DONE);
  }

  @Test
  @DisplayName("L12: a run whose session was ended while its DDL waited goes on in another")
  void endedSession() throws InterruptedException {
    List<LockHolder> holders = new CopyOnWriteArrayList<>();
    BackfillBuilder backfill =
        statusCode()
            .listener(
                event -> {
                  if (event instanceof BackfillEvent.DdlExecuted executed
                      && executed.sql().endsWith("not valid")) {
                    // The validation waits for it.
                    holders.add(LockHolder.table(database, "orders", "share update exclusive"));
                  }
                });
    try (BackfillRun run = backfill.on(database.pool(3)).start()) {
      Awaitility.await()
          .atMost(PATIENCE)
          .until(
              () ->
                  database.queryLong(
                          "select count(pg_terminate_backend(pid)) from pg_stat_activity"
                              + " where datname = current_database() and wait_event_type = 'Lock'"
                              + " and query like 'lock table only %'")
                      > 0);
      holders.forEach(LockHolder::release);
      assertThat(run.await(PATIENCE).map(BackfillResult::state)).contains(RunState.DONE);
    }
  }
}
