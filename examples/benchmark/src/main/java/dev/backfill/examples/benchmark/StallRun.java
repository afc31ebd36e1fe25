package dev.backfill.examples.benchmark;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;

/** Adds a column in a situation, on a fresh table. */
final class StallRun {
  private static final String APPLICATION = "application";

  // No longer a transaction that may be over in a moment.
  private static final Duration READER_BEFORE = Duration.ofSeconds(1);
  private static final Duration WARM_UP = Duration.ofSeconds(2);

  // Ten pages a second, each with a dead row: at work for longer than anybody here needs the table.
  private static final String[] VACUUM = {
    "UPDATE orders SET updated_at = updated_at WHERE mod(id, 20) = 0",
    """
    ALTER TABLE orders SET (autovacuum_vacuum_cost_delay = 100, autovacuum_vacuum_cost_limit = 1,
      autovacuum_vacuum_threshold = 1, autovacuum_vacuum_scale_factor = 0)
    """
  };
  private static final String VACUUM_AT_WORK =
      """
      SELECT count(*) FROM pg_locks l JOIN pg_stat_activity a USING (pid)
      WHERE a.backend_type = 'autovacuum worker' AND l.granted
        AND l.relation = 'orders'::regclass AND l.mode = 'ShareUpdateExclusiveLock'
      """;

  private final BenchServer server;
  private final FreshTables tables;
  private final long rows;

  StallRun(BenchServer server, long rows) {
    this.server = server;
    this.rows = rows;
    this.tables = new FreshTables(server, rows);
  }

  /** What was measured of the others while it went on. */
  record Observed(Latencies latencies, double longestWait, ColumnAdder.Timing timing) {}

  Observed observe(StallSituation situation, ColumnAdder adder)
      throws SQLException, InterruptedException, ExecutionException {
    tables.create(BenchTables.THREE_INDEXES);
    Sql.execute(server.dataSource(), "ALTER TABLE orders DROP COLUMN status_code");
    if (situation.vacuum()) {
      Sql.execute(server.dataSource(), VACUUM);
      while (Sql.number(server.dataSource(), VACUUM_AT_WORK) == 0) {
        Thread.sleep(100);
      }
    }
    // The first statements of a session are slow, whoever is beside it.
    try (StallClients warmUp = clients(situation)) {
      Thread.sleep(WARM_UP.toMillis());
      warmUp.stop();
    }
    try (Connection reader = reader(situation);
        TableWaits waits = TableWaits.of(server, APPLICATION);
        StallClients clients = clients(situation)) {
      Thread.sleep(READER_BEFORE.toMillis());
      CompletableFuture<ColumnAdder.Timing> end =
          CompletableFuture.supplyAsync(() -> add(adder), StallRun::thread);
      Thread.sleep(situation.reader().toMillis());
      reader.rollback();
      ColumnAdder.Timing timing = end.get();
      return new Observed(clients.stop(), waits.stop(), timing);
    }
  }

  private StallClients clients(StallSituation situation) {
    return StallClients.start(server.dataSource(APPLICATION), rows, situation);
  }

  /** One each: the common pool has a single one on a small machine. */
  static void thread(Runnable task) {
    Thread thread = new Thread(task, "ddl-stalls");
    thread.setDaemon(true);
    thread.start();
  }

  private ColumnAdder.Timing add(ColumnAdder adder) {
    try {
      return adder.add(server);
    } catch (SQLException e) {
      throw new CompletionException(e);
    }
  }

  /** Somebody who has read a row and does not end his transaction, or just a session. */
  private Connection reader(StallSituation situation) throws SQLException {
    Connection connection = server.dataSource("reader").getConnection();
    connection.setAutoCommit(false);
    if (!situation.reader().isZero()) {
      try (Statement statement = connection.createStatement()) {
        statement.execute("SELECT id FROM orders LIMIT 1");
      }
    }
    return connection;
  }
}
