package dev.backfill;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.backfill.event.BackfillEvent;
import dev.backfill.model.LockNotAcquiredException;
import dev.backfill.model.RunState;
import dev.backfill.model.Timeouts;
import dev.backfill.testing.LockHolder;
import dev.backfill.testing.PostgresTest;
import dev.backfill.testing.PreparedTransaction;
import dev.backfill.testing.TestDatabase;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@PostgresTest
class DdlStallsIT {
  TestDatabase database;

  @BeforeEach
  void orders() {
    database.execute(
        "drop schema if exists backfill cascade", "drop table if exists orders cascade");
    database.ordersTable(2_000);
  }

  private static BackfillBuilder statusCode() {
    return Backfill.column("orders", "status_code").type("text").value("note");
  }

  @Test
  @DisplayName("L1: behind a long reader the DDL does not queue until the reader is gone")
  void longReader() {
    AtomicInteger held = new AtomicInteger();
    LockHolder reader = LockHolder.table(database, "orders", "access share");
    try (Clients clients = new Clients(database, 2)) {
      RunState state =
          statusCode()
              .listener(
                  event -> {
                    if (event instanceof BackfillEvent.DdlWaiting && held.incrementAndGet() == 1) {
                      new Thread(
                              () -> {
                                clients.awaitStatements(500);
                                reader.release();
                              })
                          .start();
                    }
                  })
              .on(database.pool(3))
              .run()
              .state();
      assertThat(state).isEqualTo(RunState.DONE);
      clients.print("reader");
    }
    assertThat(held.get()).isPositive();
  }

  @Test
  @DisplayName("L1: the DDL gets through on a table with 12 busy clients")
  void busyClients() {
    try (Clients clients = new Clients(database, 12)) {
      clients.awaitStatements(200);
      assertThat(statusCode().on(database.pool(3)).run().state()).isEqualTo(RunState.DONE);
      clients.print("12 busy clients");
    }
  }

  @Test
  @DisplayName("L4: at the deadline the holder is named, a prepared transaction too")
  void deadline() {
    try (PreparedTransaction prepared =
        PreparedTransaction.of(database, "lock table orders in access share mode")) {
      assertThat(prepared).isNotNull();
      assertThatThrownBy(
              () ->
                  statusCode()
                      .timeouts(Timeouts.defaults().withDdlDeadline(Duration.ofSeconds(1)))
                      .on(database.pool(3))
                      .run())
          .isInstanceOf(LockNotAcquiredException.class)
          .hasMessageContaining("prepared transaction")
          .hasMessageContaining("ROLLBACK PREPARED");
    }
    assertThat(
            database.queryLong(
                "select count(*) from pg_attribute where attrelid = 'orders'::regclass"
                    + " and attname = 'status_code'"))
        .isZero();
  }

  /** Sessions that read by key without a pause, and time each statement. */
  private static final class Clients implements AutoCloseable {
    private final AtomicBoolean running = new AtomicBoolean(true);
    private final List<Long> nanos = Collections.synchronizedList(new ArrayList<>());
    private final List<Thread> threads = new ArrayList<>();

    Clients(TestDatabase database, int count) {
      for (int i = 0; i < count; i++) {
        Thread thread = new Thread(() -> work(database), "client-" + i);
        threads.add(thread);
        thread.start();
      }
    }

    private void work(TestDatabase database) {
      try (Connection connection = database.unpooled().getConnection();
          PreparedStatement read =
              connection.prepareStatement("select id from orders where id = 7")) {
        while (running.get()) {
          long start = System.nanoTime();
          read.executeQuery().close();
          nanos.add(System.nanoTime() - start);
        }
      } catch (java.sql.SQLException e) {
        throw new IllegalStateException(e);
      }
    }

    void awaitStatements(int more) {
      int goal = nanos.size() + more;
      org.awaitility.Awaitility.await().until(() -> nanos.size() >= goal);
    }

    void print(String beside) {
      List<Long> sorted = new ArrayList<>(nanos);
      Collections.sort(sorted);
      System.out.printf(
          "stalls of others, %s: %d statements, p50 %.1f ms, p99 %.1f ms, longest %.1f ms%n",
          beside,
          sorted.size(),
          sorted.get(sorted.size() / 2) / 1e6,
          sorted.get(sorted.size() * 99 / 100) / 1e6,
          sorted.get(sorted.size() - 1) / 1e6);
    }

    @Override
    public void close() {
      running.set(false);
      for (Thread thread : threads) {
        try {
          thread.join();
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
        }
      }
    }
  }
}
