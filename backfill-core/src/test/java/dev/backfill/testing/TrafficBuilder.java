package dev.backfill.testing;

import java.time.Duration;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.IntFunction;

/** What {@link Traffic} is like; every part has a default. */
public final class TrafficBuilder {
  private final TestDatabase database;
  private final Map<Operation, Integer> weights = new EnumMap<>(Operation.class);
  private final Set<String> tolerated = new HashSet<>();
  private String table = "orders";
  private String column = "status_code";
  private int writers = 3;
  private int rowsPerTransaction = 1;
  private Duration pause = Duration.ofMillis(1);
  private long seed = 1;
  private boolean recomputed = true;
  private IntFunction<String> applicationValue = stamp -> "app-" + stamp;

  TrafficBuilder(TestDatabase database) {
    this.database = database;
    for (Operation operation : Operation.values()) {
      weights.put(operation, operation.weight());
    }
  }

  /** As written in SQL; default {@code orders}. */
  public TrafficBuilder table(String table) {
    this.table = table;
    return this;
  }

  /** The new column, unquoted; default {@code status_code}. It need not exist yet. */
  public TrafficBuilder column(String column) {
    this.column = column;
    return this;
  }

  /** How many sessions; default 3. */
  public TrafficBuilder writers(int writers) {
    this.writers = writers;
    return this;
  }

  /** How often an operation happens relative to the others; 0 is never. */
  public TrafficBuilder weight(Operation operation, int weight) {
    weights.put(operation, weight);
    return this;
  }

  /** No new code: nobody writes the new column but the library. */
  public TrafficBuilder onlyOldCode() {
    for (Operation operation : Operation.values()) {
      if (operation.isNewCode()) {
        weights.put(operation, 0);
      }
    }
    return this;
  }

  /** Different rows in one transaction, in no order, so that deadlocks may happen; default 1. */
  public TrafficBuilder rowsPerTransaction(int rows) {
    rowsPerTransaction = rows;
    return this;
  }

  /** After each transaction; default 1 ms. */
  public TrafficBuilder pause(Duration pause) {
    this.pause = pause;
    return this;
  }

  public TrafficBuilder seed(long seed) {
    this.seed = seed;
    return this;
  }

  /**
   * Whether old code that changes an input makes the derived value right again where the
   * application had written one, as a covering trigger does; default true.
   */
  public TrafficBuilder recomputed(boolean recomputed) {
    this.recomputed = recomputed;
    return this;
  }

  /** What the application writes, by the number of the write; default {@code app-<number>}. */
  public TrafficBuilder applicationValue(IntFunction<String> value) {
    applicationValue = value;
    return this;
  }

  /** SQLSTATEs with which the application's statements may fail; default none. */
  public TrafficBuilder tolerate(String... sqlStates) {
    tolerated.addAll(List.of(sqlStates));
    return this;
  }

  /** Reads the keys and starts; what the table holds then is what the oracle starts from. */
  public Traffic start() {
    Traffic traffic =
        new Traffic(
            new TrafficSettings(
                database,
                table,
                column,
                writers,
                weights,
                rowsPerTransaction,
                pause,
                seed,
                recomputed,
                applicationValue,
                tolerated));
    traffic.start();
    return traffic;
  }
}
