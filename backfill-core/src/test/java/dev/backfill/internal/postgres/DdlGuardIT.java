package dev.backfill.internal.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.zaxxer.hikari.HikariDataSource;
import dev.backfill.internal.postgres.DdlAttempt.Outcome;
import dev.backfill.internal.time.Sleeper;
import dev.backfill.internal.time.Ticker;
import dev.backfill.model.LockNotAcquiredException;
import dev.backfill.model.RunFailedException;
import dev.backfill.model.Timeouts;
import dev.backfill.testing.LockHolder;
import dev.backfill.testing.LockSampler;
import dev.backfill.testing.PostgresTest;
import dev.backfill.testing.PreparedTransaction;
import dev.backfill.testing.TestDatabase;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicBoolean;
import javax.sql.DataSource;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.postgresql.ds.PGSimpleDataSource;

@PostgresTest
class DdlGuardIT {
  TestDatabase database;

  private static final Duration PATIENCE = Duration.ofMinutes(2);

  private final List<String> told = new CopyOnWriteArrayList<>();
  // The common pool has one thread on a small machine.
  private final ExecutorService threads = Executors.newCachedThreadPool();

  @AfterEach
  void endThreads() {
    threads.shutdownNow();
  }

  @BeforeEach
  void tables() {
    database.execute(
        "drop table if exists t, tree cascade",
        "create table t (id int primary key, n int)",
        "insert into t select g, g from generate_series(1, 100) g",
        "create table tree (id int, n int) partition by range (id)");
    for (int leaf = 0; leaf < 5; leaf++) {
      database.execute(
          "create table tree_%d partition of tree for values from (%d) to (%d)"
              .formatted(leaf, leaf * 10, leaf * 10 + 10),
          "insert into tree values (%d, 1)".formatted(leaf * 10));
    }
  }

  private Ddl strong(String... statements) {
    return ddl("t", LockMode.ACCESS_EXCLUSIVE, statements);
  }

  private Ddl ddl(String table, LockMode lock, String... statements) {
    List<Long> oids =
        database
            .queryStrings(
                "select oid from pg_class where relkind in ('r', 'p') and relname ~ ('^' || ? || '(_\\d)?$')"
                    + " order by relkind = 'r', oid",
                table)
            .stream()
            .map(Long::valueOf)
            .toList();
    return new Ddl("change it", List.of(statements), lock, oids, false);
  }

  private void guard(DataSource dataSource, Ddl ddl, Timeouts timeouts)
      throws SQLException, InterruptedException {
    try (Connection connection = dataSource.getConnection()) {
      new DdlGuard(timeouts, Ticker.system(), Sleeper.system(), new Told(told))
          .run(connection, ddl, tx -> {});
    }
  }

  @Test
  @DisplayName(
      "L4: a server that has run out of something is waited for up to the deadline, told once")
  void exhausted() throws Exception {
    // A server can hardly be made to run out of the memory for its locks just here.
    database.execute(
        "create function run_out() returns event_trigger language plpgsql as $$"
            + " begin raise exception 'out of shared memory' using errcode = '53200'; end $$",
        "create event trigger run_out on ddl_command_start when tag in ('ALTER TABLE')"
            + " execute function run_out()");
    try {
      assertThatThrownBy(
              () ->
                  guard(
                      database.unpooled(),
                      strong("alter table t add column x int"),
                      deadline(Duration.ofSeconds(2))))
          .isInstanceOf(RunFailedException.class)
          .hasMessageContaining("Could not change it within 2.0 s")
          .hasMessageContaining("the server has run out of something")
          .hasMessageContaining("53200: ERROR: out of shared memory")
          .hasMessageContaining("alter table t add column x int");
      assertThat(told).singleElement().asString().contains("53200");
    } finally {
      database.execute("drop event trigger run_out", "drop function run_out");
    }
    guard(
        database.unpooled(),
        strong("alter table t add column x int"),
        deadline(Duration.ofSeconds(30)));
  }

  private static Timeouts deadline(Duration deadline) {
    return Timeouts.defaults().withDdlDeadline(deadline);
  }

  private CompletableFuture<DdlAttempt.Result> attempt(Ddl ddl, DdlLimits limits) {
    return inBackground(
        () -> {
          try (Connection connection = patientSession("guard").getConnection()) {
            return new DdlAttempt(connection, ddl, limits, Ticker.system(), () -> true)
                .run(limits.queue(), 0, tx -> {});
          }
        });
  }

  /**
   * Sessions that see a deadlock late, so that a slow machine does not end what a test looks at.
   */
  private PGSimpleDataSource patientSession(String application) {
    PGSimpleDataSource dataSource = database.unpooledWith("deadlock_timeout = '6s'");
    dataSource.setApplicationName(application);
    return dataSource;
  }

  private <T> CompletableFuture<T> inBackground(Callable<T> work) {
    return CompletableFuture.supplyAsync(
        () -> {
          try {
            return work.call();
          } catch (Exception e) {
            throw new CompletionException(e);
          }
        },
        threads);
  }

  private boolean hasColumn(String table, String column) {
    return database.queryLong(
            "select count(*) from pg_attribute where attrelid = ?::regclass and attname = ?",
            table,
            column)
        == 1;
  }

  private static void await(Callable<Boolean> condition) {
    Awaitility.await().atMost(PATIENCE).until(condition);
  }

  private boolean guardWaits(String condition) {
    return database.queryLong(
            "select count(*) from pg_stat_activity a where application_name = 'guard'"
                + " and wait_event_type = 'Lock' and "
                + condition)
        == 1;
  }

  @Test
  @DisplayName("L1: a reader whose age is hidden from the role is not taken for a young one")
  void hiddenReader() {
    DataSource owner = database.role("hidden_reader_owner", "usage, create on schema public");
    database.execute("alter table t owner to hidden_reader_owner");
    LockSampler sampler = LockSampler.start(database);
    try (sampler;
        LockHolder reader = LockHolder.reader(database, "t")) {
      assertThat(reader.isAlive()).isTrue();
      assertThatThrownBy(
              () ->
                  guard(
                      owner,
                      strong("alter table t add column c int"),
                      deadline(Duration.ofSeconds(2))))
          .isInstanceOf(LockNotAcquiredException.class)
          .hasMessageContaining("pid " + reader.pid())
          .hasMessageContaining("open since before we looked");
    }
    assertThat(sampler.observed()).noneMatch(lock -> !lock.granted());
    assertThat(told).hasSize(1);
  }

  @Test
  @DisplayName("L1: traffic whose age is hidden from the role does not starve it")
  void hiddenTraffic() throws SQLException, InterruptedException {
    DataSource owner = database.role("hidden_traffic_owner", "usage, create on schema public");
    database.execute("alter table t owner to hidden_traffic_owner");
    AtomicBoolean running = new AtomicBoolean(true);
    CountDownLatch atWork = new CountDownLatch(4);
    List<CompletableFuture<Integer>> traffic = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      traffic.add(inBackground(() -> read(atWork, running)));
    }
    atWork.await();
    try {
      guard(owner, strong("alter table t add column c int"), deadline(PATIENCE));
    } finally {
      running.set(false);
    }
    traffic.forEach(CompletableFuture::join);
    assertThat(hasColumn("t", "c")).isTrue();
  }

  private int read(CountDownLatch atWork, AtomicBoolean running) throws SQLException {
    int reads = 0;
    try (Connection connection = database.direct().getConnection();
        Statement statement = connection.createStatement()) {
      while (running.get()) {
        statement.execute("select pg_sleep(0.01) from t limit 1");
        atWork.countDown();
        reads++;
      }
    }
    return reads;
  }

  @Test
  @DisplayName("L1: the waits for the partitions of a table are bounded together")
  void partitions() {
    Duration queue = Duration.ofSeconds(4);
    try (LockHolder first = LockHolder.reader(database, "tree_0");
        LockHolder second = LockHolder.reader(database, "tree_1")) {
      CompletableFuture<DdlAttempt.Result> attempt =
          attempt(
              ddl("tree", LockMode.ACCESS_EXCLUSIVE, "alter table tree add column c int"),
              new DdlLimits(queue.multipliedBy(2), queue, queue));
      await(() -> attempt.isDone() || guardWaits("true"));
      first.release();
      assertThat(attempt.join().outcome()).isEqualTo(Outcome.NOT_GRANTED);
      // lock_timeout, 55P03, begins anew with each partition.
      assertThat(attempt.join().failure())
          .hasValueSatisfying(
              e -> assertThat(SqlStates.state(e)).isEqualTo(SqlStates.QUERY_CANCELED));
      assertThat(second.isAlive()).isTrue();
    }
  }

  @Test
  @DisplayName("L13: who waits for us while we wait for him is never the deadlock's victim")
  void deadlock() throws SQLException {
    Ddl ddl = ddl("tree", LockMode.ACCESS_EXCLUSIVE, "alter table tree add column c int");
    try (Connection application = patientSession("application").getConnection();
        Statement statement = application.createStatement()) {
      DdlLimits limits =
          DdlLimits.read(application, Timeouts.defaults().withDdlLock(Duration.ofSeconds(20)));
      application.setAutoCommit(false);
      statement.execute("select 1 from tree_3");
      CompletableFuture<DdlAttempt.Result> attempt = attempt(ddl, limits);
      await(() -> attempt.isDone() || guardWaits("true"));
      statement.execute("select 1 from tree");
      application.commit();
      assertThat(attempt.join().outcome()).isEqualTo(Outcome.NOT_GRANTED);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "t,t,SHARE_UPDATE_EXCLUSIVE",
    "t,t,ACCESS_EXCLUSIVE",
    "tree,tree_3,SHARE_UPDATE_EXCLUSIVE"
  })
  @DisplayName("L7: waiting holds no snapshot, for which CREATE INDEX CONCURRENTLY would wait")
  void snapshot(String table, String held, LockMode mode) {
    DdlLimits limits = new DdlLimits(PATIENCE, PATIENCE, PATIENCE);
    try (LockHolder holder = LockHolder.table(database, held, "share update exclusive")) {
      CompletableFuture<DdlAttempt.Result> attempt =
          attempt(
              ddl(table, mode, "alter table " + table + " alter column n set statistics 10"),
              limits);
      await(() -> attempt.isDone() || guardWaits("true"));
      assertThat(guardWaits("backend_xmin is null")).isTrue();
      holder.release();
      assertThat(attempt.join().outcome()).isEqualTo(Outcome.DONE);
    }
  }

  @Test
  @DisplayName("L5: pending trigger events (55006) are waited for as a lock is, and named")
  void pendingTriggerEvents() throws SQLException, InterruptedException {
    database.execute(
        "create function nothing() returns trigger language plpgsql as 'begin return null; end'",
        "create constraint trigger later after update on t deferrable initially deferred"
            + " for each row execute function nothing()",
        "create function touch() returns event_trigger language plpgsql as"
            + " 'begin update t set n = 0 where id = 1; end'",
        "create event trigger touching on ddl_command_start when tag in ('ALTER TABLE')"
            + " execute function touch()");
    CompletableFuture<Boolean> mended =
        inBackground(
            () -> {
              await(() -> !told.isEmpty());
              database.execute("alter event trigger touching disable");
              return true;
            });
    try {
      guard(database.dataSource(), strong("alter table t add column c int"), deadline(PATIENCE));
    } finally {
      database.execute("drop event trigger touching", "drop function touch, nothing cascade");
    }
    mended.join();
    assertThat(told.get(0)).contains("55006").contains("pending trigger events");
    assertThat(hasColumn("t", "c")).isTrue();
  }

  @Test
  @DisplayName("L4: statements that take longer than others may stall are given up, and undone")
  void tooSlow() {
    assertThatThrownBy(
            () ->
                guard(
                    database.dataSource(),
                    strong("alter table t add column c int", "select pg_sleep(5)"),
                    Timeouts.defaults().withDdlLock(Duration.ofMillis(200))))
        .isInstanceOf(RunFailedException.class)
        .hasMessageContaining("200 ms")
        .hasMessageContaining("ddlLock");
    assertThat(hasColumn("t", "c")).isFalse();
  }

  @Test
  @DisplayName("L12: the server takes the lock from a process that froze while it had it")
  void frozenProcess() {
    DdlLimits limits = DdlLimits.of(Timeouts.defaults(), Duration.ofSeconds(1));
    assertThatThrownBy(
            () -> {
              try (Connection connection = database.unpooled().getConnection()) {
                new DdlAttempt(
                        connection,
                        strong("alter table t add column c int"),
                        limits,
                        Ticker.system(),
                        () -> true)
                    // It goes on when somebody else gets at the table.
                    .run(limits.queue(), 0, tx -> database.queryLong("select count(*) from t"));
              }
            })
        .isInstanceOf(SQLException.class);
    assertThat(hasColumn("t", "c")).isFalse();
  }

  @Test
  void tellsTheAgeOfAPreparedTransaction() throws SQLException {
    try (PreparedTransaction prepared =
            PreparedTransaction.of(database, "lock table t in access share mode");
        Connection connection = database.unpooled().getConnection()) {
      LockLook look =
          new LockLook(
              connection, strong("-").relations(), LockMode.ACCESS_EXCLUSIVE, Ticker.system());
      List<Holder> holders = look.holders();
      assertThat(holders).hasSize(1);
      assertThat(holders.get(0).kind()).isEqualTo(Holder.Kind.PREPARED_TRANSACTION);
      assertThat(holders.get(0).session()).contains(prepared.gid());
      assertThat(holders.get(0).age()).isPresent();
    }
  }

  @Test
  void goesThroughWhenTheHolderIsGoneOnAConnectionWithoutAutoCommit()
      throws SQLException, InterruptedException {
    LockHolder reader = LockHolder.reader(database, "t");
    CompletableFuture<Boolean> released =
        inBackground(
            () -> {
              await(() -> !told.isEmpty());
              reader.release();
              return true;
            });
    try (HikariDataSource pool = new HikariDataSource()) {
      pool.setDataSource(database.unpooled());
      pool.setMaximumPoolSize(1);
      pool.setAutoCommit(false);
      guard(pool, strong("alter table t add column c int"), deadline(PATIENCE));
    }
    released.join();
    assertThat(hasColumn("t", "c")).isTrue();
  }
}
