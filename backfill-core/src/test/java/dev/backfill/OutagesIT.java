package dev.backfill;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.zaxxer.hikari.HikariDataSource;
import dev.backfill.event.BackfillEvent;
import dev.backfill.model.BackfillResult;
import dev.backfill.model.BatchSize;
import dev.backfill.model.RetryPolicy;
import dev.backfill.model.RunFailedException;
import dev.backfill.model.RunState;
import dev.backfill.testing.PrivateServer;
import dev.backfill.testing.TestDatabase;
import dev.backfill.testing.UpdateAudit;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What an operator or an accident does to the server while a run is under way. */
class OutagesIT {
  private static final int ROWS = 20_000;
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  private static PrivateServer server;
  private TestDatabase database;
  private final Queue<BackfillEvent> outages = new ConcurrentLinkedQueue<>();
  private final CountDownLatch waiting = new CountDownLatch(1);

  @BeforeAll
  static void start() {
    server = PrivateServer.start();
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  @BeforeEach
  void orders() {
    database = server.database();
    database.ordersTable(ROWS);
  }

  private BackfillBuilder statusCode(int workers, Runnable strike) {
    AtomicInteger batches = new AtomicInteger();
    return Backfill.column("orders", "status_code")
        .type("text")
        .value("case when shipped_at is null then 'pending' else 'shipped' end")
        .batchSize(BatchSize.fixed(100))
        .workers(workers)
        .listener(
            event -> {
              if (event instanceof BackfillEvent.BatchCommitted
                  && batches.incrementAndGet() == 50) {
                strike.run();
              } else if (event instanceof BackfillEvent.ServerLost
                  || event instanceof BackfillEvent.ServerBack) {
                outages.add(event);
                waiting.countDown();
              }
            });
  }

  /** Runs with a strike in mid-run, and mends it once the run says that it waits. */
  private BackfillResult struck(int workers, Runnable strike, Runnable mend) throws Exception {
    return struck(impatient(database.dataSource()), workers, strike, mend);
  }

  private BackfillResult struck(DataSource dataSource, int workers, Runnable strike, Runnable mend)
      throws Exception {
    UpdateAudit audit = UpdateAudit.install(database, "orders", "status_code");
    try (BackfillRun run = statusCode(workers, strike).on(dataSource).start()) {
      assertThat(waiting.await(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
      mend.run();
      BackfillResult result = run.await(PATIENCE).orElseThrow();
      assertThat(result.state()).isEqualTo(RunState.DONE);
      assertThat(result.notNull()).isTrue();
      audit.assertEachRowOnce(ROWS);
      return result;
    }
  }

  private void assertLostOnce(String sqlState) {
    List<BackfillEvent> told = List.copyOf(outages);
    assertThat(told).hasSize(2);
    assertThat(told.get(0))
        .isInstanceOfSatisfying(
            BackfillEvent.ServerLost.class,
            lost ->
                assertThat(lost.sqlState())
                    .hasValueSatisfying(s -> assertThat(s).matches(sqlState)));
    assertThat(told.get(1)).isInstanceOf(BackfillEvent.ServerBack.class);
  }

  @ParameterizedTest(
      name = "E3: {0} workers wait while the server is down, and go on by themselves")
  @ValueSource(ints = {1, 2})
  void serverStopsAndStartsAgain(int workers) throws Exception {
    struck(workers, server::stopImmediately, server::restart);
    assertLostOnce("08.*|57P.*");
  }

  @Test
  @DisplayName("E3: a server that has become read-only is waited for, and told as that")
  void readOnly() throws Exception {
    String limits = "alter database \"" + database.name() + "\" ";
    struck(
        2,
        () -> {
          database.execute(limits + "set default_transaction_read_only = on");
          database.terminateBackends("app");
        },
        () ->
            database.execute(
                "set transaction_read_only = off; "
                    + limits
                    + "reset default_transaction_read_only"));
    // A session that began meanwhile stays read-only, and is told again if the pool still has it.
    assertThat(outages).last().isInstanceOf(BackfillEvent.ServerBack.class);
    assertThat(outages)
        .filteredOn(BackfillEvent.ServerLost.class::isInstance)
        .isNotEmpty()
        .allSatisfy(
            lost -> assertThat(((BackfillEvent.ServerLost) lost).sqlState()).hasValue("25006"));
  }

  @Test
  @DisplayName("E3: a full disk is waited for, and the run goes on when there is room again")
  void outOfDisk() throws Exception {
    // The server's own words for it, from a trigger: no disk is filled for this.
    database.execute(
        "create table disk (full_now boolean)",
        "insert into disk values (false)",
        """
        create function disk_full() returns trigger language plpgsql as $$
        begin
          if (select full_now from disk) then
            raise exception 'could not extend file' using errcode = 'disk_full';
          end if;
          return new;
        end $$""",
        "create trigger disk before update on orders for each row execute function disk_full()");
    struck(
        2,
        () -> database.execute("update disk set full_now = true"),
        () -> database.execute("update disk set full_now = false"));
    assertLostOnce("53100");
  }

  @Test
  @DisplayName("E3: a server that gives out no connections is waited for")
  void outOfConnections() throws Exception {
    DataSource runner = owner();
    struck(
        runner,
        1,
        () -> {
          database.execute("alter role " + runner() + " connection limit 0");
          database.terminateBackends("app");
        },
        () -> database.execute("alter role " + runner() + " connection limit -1"));
    // PgBouncer has one SQLSTATE for whatever it says itself.
    assertLostOnce("53300|08P01");
  }

  @Test
  @DisplayName("E3: time-outs that a DBA has set for the role do not reach into batches")
  void timeoutsOfTheRole() {
    DataSource runner = owner();
    database.execute(
        "create function slowly() returns trigger language plpgsql as"
            + " $$ begin perform pg_sleep(0.001); return new; end $$",
        "create trigger slowly before update on orders for each row execute function slowly()",
        "delete from orders where id > 1000",
        "alter role " + runner() + " set statement_timeout = '90ms'",
        "alter role " + runner() + " set idle_in_transaction_session_timeout = '20ms'",
        "alter role " + runner() + " set lock_timeout = '1ms'");
    BackfillResult result = statusCode(2, () -> {}).on(runner).run();
    assertThat(result.notNull()).isTrue();
    assertThat(result.rows()).isEqualTo(1000);
  }

  @Test
  @DisplayName("E3: a value that ends its own session each time is given up after some attempts")
  void valueThatEndsItsSession() {
    assertThatThrownBy(lethalAt(1000)::run)
        .isInstanceOf(RunFailedException.class)
        .hasMessageContaining("gave up after 4 attempts without progress");
    assertThat(database.queryLong("select count(*) from orders where status_code = 'x'"))
        .isPositive();
  }

  @Test
  @DisplayName(
      "E3: nor is one tried without an end that does so for a row of the preflight's sample")
  void valueThatEndsTheSessionOfItsTrial() {
    assertThatThrownBy(lethalAt(7)::run)
        .isInstanceOf(RunFailedException.class)
        .hasMessageContaining("did not start, and nothing was changed")
        .hasMessageContaining("in each of 4 attempts")
        .hasMessageContaining("57P01")
        .hasMessageContaining("Try the value in a session of your own");
    assertThat(
            database.queryLong(
                "select count(*) from pg_attribute where attrelid = 'orders'::regclass"
                    + " and attname = 'status_code'"))
        .isZero();
  }

  /** A value that no session survives that computes it for the row. */
  private BoundBackfill lethalAt(int id) {
    database.execute(
        """
        create or replace function lethal(id bigint) returns text stable language plpgsql as $$
        begin
          if id = %d then
            perform pg_terminate_backend(pg_backend_pid());
          end if;
          return 'x';
        end $$
        """
            .formatted(id));
    return Backfill.column("orders", "status_code")
        .type("text")
        .value("lethal(id)")
        .batchSize(BatchSize.fixed(100))
        .retry(new RetryPolicy(4, Duration.ofMillis(10), Duration.ofMillis(50)))
        .on(database.dataSource());
  }

  /** A role that owns the table: limits do not apply to superusers. */
  private DataSource owner() {
    DataSource runner =
        database.role(
            runner(), "create on database \"" + database.name() + "\"", "create on schema public");
    database.execute("alter table orders owner to " + runner());
    impatient(runner);
    return runner;
  }

  private String runner() {
    return "runner_" + database.name();
  }

  /** A pool asks for as long as its time-out is before it says that there is no connection. */
  private static DataSource impatient(DataSource pool) {
    ((HikariDataSource) pool).setConnectionTimeout(1_000);
    return pool;
  }
}
