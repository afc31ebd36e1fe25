package dev.backfill;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.zaxxer.hikari.HikariDataSource;
import dev.backfill.event.BackfillEvent;
import dev.backfill.model.BackfillException;
import dev.backfill.model.BatchSize;
import dev.backfill.model.Phase;
import dev.backfill.model.RunState;
import dev.backfill.testing.PostgresTest;
import dev.backfill.testing.TestDatabase;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.postgresql.PGConnection;
import org.postgresql.ds.PGSimpleDataSource;

/** What holds in every moment of a run, whatever it does. */
@PostgresTest
class InvariantsIT {
  private static final String VALUE =
      "case when shipped_at is null then 'pending' else 'shipped' end";

  private static final Duration PATIENCE = Duration.ofMinutes(2);
  private static final Pattern COUNTING = Pattern.compile("(?i)\\bcount\\s*\\(");

  /** Sessions that wait for the given one while it waits for them. */
  private static final String CYCLE =
      "select count(*) from pg_locks where not granted and ? = any (pg_blocking_pids(pid))"
          + " and pid = any (pg_blocking_pids(?))";

  TestDatabase database;

  @BeforeEach
  void fresh() {
    database.execute(
        "drop schema if exists backfill cascade", "drop table if exists orders cascade");
  }

  @Test
  @DisplayName("T2: no transaction of ours outlives a batch")
  void transactionsAreShort() throws Exception {
    database.ordersTable(60_000);
    AtomicInteger batches = new AtomicInteger();
    AtomicReference<Phase> phase = new AtomicReference<>(Phase.EXPAND);
    Map<String, Integer> seen = new HashMap<>();
    int longest = 0;
    try (BackfillRun run =
            definition()
                .batchSize(BatchSize.fixed(100))
                .listener(
                    event -> {
                      if (event instanceof BackfillEvent.BatchCommitted) {
                        batches.incrementAndGet();
                      } else if (event instanceof BackfillEvent.PhaseChanged changed) {
                        phase.set(changed.phase());
                      }
                    })
                .on(database.dataSource())
                .start();
        Connection watch = database.direct().getConnection();
        Statement statement = watch.createStatement()) {
      while (!run.completion().isDone()) {
        int before = batches.get();
        try (ResultSet open =
            statement.executeQuery(
                "select pid || ' since ' || xact_start from pg_stat_activity where"
                    + " datname = current_database() and application_name = 'app'"
                    + " and xact_start is not null")) {
          while (open.next() && phase.get() == Phase.BACKFILL) {
            // Over how many batches it has lasted, which no machine is too slow for.
            longest =
                Math.max(longest, before - seen.computeIfAbsent(open.getString(1), t -> before));
          }
        }
      }
      assertThat(run.completion().get().state()).isEqualTo(RunState.DONE);
    }
    assertThat(seen).isNotEmpty();
    assertThat(batches).hasValueGreaterThanOrEqualTo(600);
    assertThat(longest).isLessThan(100);
  }

  @Test
  @DisplayName("T10: a row costs as many page accesses in a large table as in a small one")
  void costPerRowIsFlat() throws SQLException {
    double small = accessesPerRow("small", 30_000);
    double large = accessesPerRow("large", 240_000);

    assertThat(large).isBetween(0.7 * small, 1.3 * small);
  }

  private double accessesPerRow(String table, int rows) throws SQLException {
    PGSimpleDataSource loading = database.direct();
    loading.setApplicationName("loading");
    try (Connection connection = loading.getConnection();
        Statement statement = connection.createStatement()) {
      statement.execute("create table " + table + " (id bigint primary key, n int, filler text)");
      statement.execute(
          "insert into "
              + table
              + " select i, i, md5(i::text) from generate_series(1, "
              + rows
              + ") i");
      statement.execute("vacuum analyze " + table);
    }
    // A session reports what it counted at its end.
    awaitGone("loading");
    database.queryStrings(
        "select pg_stat_reset_single_table_counters(oid) from pg_class"
            + " where oid = ?::regclass or relname = ?",
        table,
        table + "_pkey");
    PGSimpleDataSource measured = database.unpooled();
    measured.setApplicationName("measured");
    Backfill.column(table, "twice")
        .type("int")
        .value("n * 2")
        .batchSize(BatchSize.fixed(500))
        .on(measured)
        .run();
    awaitGone("measured");
    // Before PostgreSQL 15 a collector takes the reports, some time later.
    Awaitility.await()
        .atMost(PATIENCE)
        .until(
            () ->
                database.queryLong(
                        "select n_tup_upd from pg_stat_user_tables where relname = ?", table)
                    == rows);
    return (double)
            database.queryLong(
                "select heap_blks_read + heap_blks_hit + idx_blks_read + idx_blks_hit"
                    + " from pg_statio_user_tables where relname = ?",
                table)
        / rows;
  }

  private void awaitGone(String application) {
    Awaitility.await()
        .atMost(PATIENCE)
        .until(
            () ->
                database.queryLong(
                        "select count(*) from pg_stat_activity where application_name = ?"
                            + " and datname = current_database()",
                        application)
                    == 0);
  }

  @Test
  @DisplayName("L6: connections go back to the pool as they came, after failures too")
  void settingsDoNotLeak() throws SQLException {
    database.ordersTable(20_000);
    try (HikariDataSource pool = database.pool(2)) {
      Set<String> before = settings(pool);

      assertThatThrownBy(
              () ->
                  Backfill.column("orders", "bad")
                      .type("int")
                      .value("1 / (id - 15000)::int")
                      .on(pool)
                      .run())
          .isInstanceOf(BackfillException.class);
      assertThat(settings(pool)).containsExactlyInAnyOrderElementsOf(before);

      fresh();
      database.ordersTable(20_000);
      definition().on(pool).run();
      assertThat(settings(pool)).containsExactlyInAnyOrderElementsOf(before);
    }
  }

  /** Everything that a session may carry along, of all sessions of the pool. */
  private static Set<String> settings(HikariDataSource pool) throws SQLException {
    Set<String> all = new TreeSet<>();
    List<Connection> connections = new ArrayList<>();
    try {
      for (int i = 0; i < pool.getMaximumPoolSize(); i++) {
        connections.add(pool.getConnection());
      }
      for (Connection connection : connections) {
        all.add("auto-commit " + connection.getAutoCommit());
        all.add("isolation " + connection.getTransactionIsolation());
        try (Statement statement = connection.createStatement();
            ResultSet rows =
                statement.executeQuery(
                    // plpgsql brings settings of its own when it is first used.
                    "select name || ' = ' || setting from pg_settings"
                        + " where name not like 'plpgsql.%' union all"
                        + " select 'advisory lock' from pg_locks where locktype = 'advisory'"
                        + " and pid = pg_backend_pid() union all"
                        + " select 'temporary ' || relname from pg_class where relpersistence = 't'")) {
          while (rows.next()) {
            all.add(rows.getString(1));
          }
        }
      }
    } finally {
      for (Connection connection : connections) {
        connection.close();
      }
    }
    return all;
  }

  @Test
  @DisplayName("S9: no statement counts the rows of the table")
  void nothingCountsTheTable() {
    database.ordersTable(20_000);
    Set<String> sent = new ConcurrentSkipListSet<>();

    definition().on(RecordingDataSource.of(database.dataSource(), sent::add)).run();

    assertThat(sent).anyMatch(sql -> sql.contains("set \"status_code\" ="));
    assertThat(sent)
        .flatMap(sql -> List.of(sql.split(";")))
        .filteredOn(sql -> COUNTING.matcher(sql).find() && sql.contains("\"orders\""))
        .isEmpty();
  }

  @Test
  @DisplayName("L13: in a deadlock with the application the batch gives way, every time")
  void theBatchIsTheVictim() throws Exception {
    database.ordersTable(20_000);
    List<BackfillEvent> retried = new CopyOnWriteArrayList<>();
    CountDownLatch claimed = new CountDownLatch(1);
    int deadlocks = 0;
    try (Connection application = database.direct().getConnection();
        Statement statement = application.createStatement();
        BackfillRun run =
            definition()
                .batchSize(BatchSize.fixed(500))
                .maxRowsPerSecond(2_000)
                .listener(
                    event -> {
                      if (event instanceof BackfillEvent.BatchRetried) {
                        retried.add(event);
                      } else if (event instanceof BackfillEvent.WindowClaimed) {
                        claimed.countDown();
                      }
                    })
                .on(database.dataSource())
                .start()) {
      application.setAutoCommit(false);
      int pid = application.unwrap(PGConnection.class).getBackendPID();
      claimed.await();
      for (List<String> at = position(); deadlocks < 3 && !at.isEmpty(); at = position()) {
        // A batch takes its rows in the order of their keys; this transaction goes against it. Were
        // it chosen as the victim of the deadlock, its second update would throw.
        long row = Long.parseLong(at.get(0));
        statement.execute(lockRows(row + 30, row + 5_000));
        awaitBlockedBy(pid);
        CompletableFuture<Boolean> second =
            CompletableFuture.supplyAsync(() -> executes(statement, lockRows(row + 1, row + 29)));
        boolean cycle = false;
        while (!second.isDone()) {
          cycle |= database.queryLong(CYCLE, pid, pid) > 0;
        }
        assertThat(second.get()).isTrue();
        application.commit();
        deadlocks += cycle ? 1 : 0;
      }
      assertThat(run.completion().get().rows()).isEqualTo(20_000);
    }
    assertThat(deadlocks).isEqualTo(3);
    assertThat(retried).hasSizeGreaterThanOrEqualTo(3);
  }

  private static String lockRows(long from, long to) {
    // No update: the cover would fill the rows, and leave none to the batch.
    return "select from orders where id between " + from + " and " + to + " for update";
  }

  private static boolean executes(Statement statement, String sql) {
    try {
      statement.execute(sql);
      return true;
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  /** The last key done in the pass at work; empty once every window is filled. */
  private List<String> position() {
    return database.queryStrings(
        "select coalesce(cursor[1]::bigint, 0) from backfill.run_window where not done");
  }

  private void awaitBlockedBy(int pid) {
    Awaitility.await()
        .atMost(PATIENCE)
        .pollInterval(Duration.ofMillis(2))
        .until(
            () ->
                position().isEmpty()
                    || database.queryLong(
                            "select count(*) from pg_locks"
                                + " where not granted and ? = any (pg_blocking_pids(pid))",
                            pid)
                        > 0);
  }

  private BackfillBuilder definition() {
    return Backfill.column("orders", "status_code").type("varchar(32)").value(VALUE);
  }
}
