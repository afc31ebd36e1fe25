package dev.backfill.examples.quickstart;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * An application at work on the table: old code, new code and a reader, some hundred statements a
 * second.
 */
final class Traffic implements AutoCloseable {
  private static final long PAUSE_MILLIS = 8;

  private final DataSource dataSource;
  private final AtomicBoolean running = new AtomicBoolean(true);
  private final AtomicLong statements = new AtomicLong();
  private final AtomicLong longestNanos = new AtomicLong();
  private final AtomicReference<@Nullable SQLException> failure = new AtomicReference<>();
  private final List<Thread> threads = new ArrayList<>();

  /** One statement of the application. */
  private interface Step {
    String sql(Random random);
  }

  private Traffic(DataSource dataSource) {
    this.dataSource = dataSource;
  }

  static Traffic start(DataSource dataSource) {
    Traffic traffic = new Traffic(dataSource);
    traffic.thread("old code", Traffic::oldCode);
    traffic.thread("new code", Traffic::newCode);
    traffic.thread("reader", Traffic::reader);
    traffic.threads.forEach(Thread::start);
    return traffic;
  }

  private static String oldCode(Random random) {
    // Between 1 and the greatest key, without asking for it.
    return random.nextInt(3) == 0
        ? "insert into %s (customer_id, amount) values (?, 1)".formatted(OrdersTable.NAME)
        : ("update %s set shipped_at = case when shipped_at is null then now() end"
                + " where written_by = 'old code' and id = ?")
            .formatted(OrdersTable.NAME);
  }

  private static String newCode(Random random) {
    return "insert into %s (customer_id, amount, written_by, %s) values (?, 2, 'new code', '%s')"
        .formatted(OrdersTable.NAME, OrdersTable.COLUMN, OrdersTable.FROM_NEW_CODE);
  }

  private static String reader(Random random) {
    return "select * from %s where customer_id = ? order by created_at desc limit 20"
        .formatted(OrdersTable.NAME);
  }

  private void thread(String name, Step step) {
    Thread thread = new Thread(() -> work(name, step), "traffic: " + name);
    thread.setDaemon(true);
    threads.add(thread);
  }

  private void work(String name, Step step) {
    Random random = new Random(name.hashCode());
    try (Connection connection = dataSource.getConnection()) {
      while (running.get()) {
        execute(connection, step.sql(random), random.nextInt(10_000));
        Thread.sleep(PAUSE_MILLIS);
      }
    } catch (SQLException e) {
      failure.compareAndSet(null, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void execute(Connection connection, String sql, long parameter) throws SQLException {
    long start = System.nanoTime();
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      statement.setLong(1, parameter);
      statement.execute();
      statements.incrementAndGet();
      longestNanos.accumulateAndGet(System.nanoTime() - start, Math::max);
    } catch (SQLException e) {
      // New code is deployed once the column is there; until then it has nothing to do.
      if (!"42703".equals(e.getSQLState())) {
        throw e;
      }
    }
  }

  Duration longestStall() {
    return Duration.ofNanos(longestNanos.get());
  }

  long statements() {
    return statements.get();
  }

  /**
   * @throws SQLException what the application saw, if anything failed
   */
  void stop() throws SQLException, InterruptedException {
    running.set(false);
    for (Thread thread : threads) {
      thread.join();
    }
    SQLException seen = failure.get();
    if (seen != null) {
      throw seen;
    }
  }

  @Override
  public void close() {
    running.set(false);
  }
}
