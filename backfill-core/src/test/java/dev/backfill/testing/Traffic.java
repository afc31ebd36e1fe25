package dev.backfill.testing;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import org.awaitility.Awaitility;

/**
 * An application that goes on serving while its table is backfilled, and an oracle that knows what
 * each row must hold in the end.
 *
 * <p>Old code inserts, updates and deletes without knowing the new column; new code writes it. Both
 * work on the same rows. Each row is written by one session only, so that the order of its commits
 * is known; commits whose outcome a lost connection hid are looked up in the table. Every write
 * stamps its row: {@code touched} holds a number that no other write has.
 *
 * <p>The table is one of {@link TestDatabase#ordersTable(String, int)}.
 */
public final class Traffic implements AutoCloseable {
  private final TrafficSettings settings;
  private final TrafficJournal journal = new TrafficJournal();
  private final CountDownLatch stopped = new CountDownLatch(1);
  private final List<TrafficWriter> writers = new ArrayList<>();
  private final List<Thread> threads = new ArrayList<>();

  Traffic(TrafficSettings settings) {
    this.settings = settings;
  }

  public static TrafficBuilder on(TestDatabase database) {
    return new TrafficBuilder(database);
  }

  void start() {
    List<KeyList> keys = new ArrayList<>();
    for (int i = 0; i < settings.writers(); i++) {
      keys.add(new KeyList());
    }
    long[] rows = {0};
    settings.scan(
        "select id, touched from " + settings.table(),
        row -> {
          keys.get((int) (rows[0]++ % keys.size())).add(row.getLong(1));
          if (row.getInt(2) != 0) {
            throw new IllegalStateException("one table has one traffic: this one had another");
          }
        });
    for (int i = 0; i < keys.size(); i++) {
      TrafficWriter writer = new TrafficWriter(settings, i, keys.get(i), journal, stopped);
      writers.add(writer);
      threads.add(new Thread(writer, "traffic-" + i));
    }
    threads.forEach(Thread::start);
  }

  /** Waits until each operation with a weight has been done so many times from now on. */
  public void awaitEach(int times) {
    Map<Operation, Long> goals = new EnumMap<>(Operation.class);
    settings.weights().forEach((o, weight) -> goals.put(o, weight > 0 ? count(o) + times : 0));
    Awaitility.await("traffic")
        .atMost(Duration.ofMinutes(2))
        .until(() -> goals.entrySet().stream().allMatch(g -> count(g.getKey()) >= g.getValue()));
  }

  /** How often an operation was done. */
  public long count(Operation operation) {
    return journal.count(operation);
  }

  /** The statement that took longest; the first one has been done before this may be asked. */
  public Stall longestStall() {
    return journal.longest().orElseThrow();
  }

  /** What failed, but for lost connections and tolerated states; at most a hundred. */
  public List<String> errors() {
    return journal.errors();
  }

  public int connectionsLost() {
    return journal.connectionsLost();
  }

  /** Lets every session finish its transaction, and ends. */
  public void stop() {
    stopped.countDown();
    try {
      for (Thread thread : threads) {
        thread.join();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  /**
   * Stops, and checks that no statement failed and that every row is there and holds what it must:
   * the value that the application wrote last, or else the derived one.
   *
   * @param valueSql the derived value, as a SQL expression over the row's columns
   */
  public void verify(String valueSql) {
    stop();
    oracle().verify(valueSql);
  }

  /**
   * The same with the derived value computed in Java.
   *
   * @param value of a row with all its columns, in PostgreSQL's text form
   */
  public void verify(RowValue value) {
    stop();
    oracle().verify(value);
  }

  private TrafficOracle oracle() {
    assertThat(errors()).as("statements of the application that failed").isEmpty();
    Map<Long, Written> written = new HashMap<>();
    long rows = 0;
    for (TrafficWriter writer : writers) {
      written.putAll(writer.written());
      rows += writer.rows();
    }
    return new TrafficOracle(settings, written, rows);
  }

  @Override
  public void close() {
    stop();
  }

  /** The value that is right for a row. */
  @FunctionalInterface
  public interface RowValue {
    String of(ResultSet row) throws SQLException;
  }
}
