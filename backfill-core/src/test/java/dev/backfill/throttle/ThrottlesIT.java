package dev.backfill.throttle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.backfill.testing.LockHolder;
import dev.backfill.testing.PreparedTransaction;
import dev.backfill.testing.PrivateServer;
import dev.backfill.testing.TestDatabase;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What each signal reads on a real server, as a superuser and as a role without any right. */
class ThrottlesIT {
  private static final int ROWS = 1_000;
  private static final Duration PATIENCE = Duration.ofMinutes(2);
  private static final AtomicInteger ROLES = new AtomicInteger();

  private static PrivateServer server;

  private TestDatabase database;
  private DataSource superuser;
  private DataSource plain;
  private String role;

  @BeforeAll
  static void start() {
    server = PrivateServer.start(Map.of("archive_mode", "on", "autovacuum", "off"));
  }

  @AfterAll
  static void stop() throws Exception {
    server.close();
  }

  @BeforeEach
  void table() {
    database = server.database();
    database.ordersTable(ROWS);
    superuser = database.direct();
    role = "plain" + ROLES.incrementAndGet();
    plain = database.role(role);
  }

  @Test
  void lockWaitsAreSessionsThatUseTheTable() throws Exception {
    database.execute("create table other (id int primary key)", "insert into other values (1)");
    String change = "update orders set touched = 1 where id = 1";
    try (LockHolder orders = LockHolder.rows(database, "orders", "id = 1");
        LockHolder other = LockHolder.rows(database, "other", "id = 1");
        LockHolder first = LockHolder.running(database, change);
        LockHolder behind = LockHolder.running(database, change);
        LockHolder ours = LockHolder.running(database, "/* backfill r */ " + change);
        LockHolder elsewhere = LockHolder.running(database, "delete from other where id = 1")) {
      assertAlive(orders, other, first, behind, ours, elsewhere);
      awaitWaiting(4);
      assertThat(read(Throttles.lockWaits(10), superuser)).isEqualTo(Reading.of(2));
      assertThat(read(Throttles.lockWaitsInDatabase(10), superuser)).isEqualTo(Reading.of(3));

      ours.release();
      awaitWaiting(3);
      assertThat(read(Throttles.lockWaits(10), plain)).isEqualTo(Reading.of(2));
      assertThat(read(Throttles.lockWaitsInDatabase(10), plain)).isEqualTo(Reading.of(3));
    }
    TestDatabase unconcerned = server.database();
    unconcerned.ordersTable(10);
    assertThat(read(Throttles.lockWaitsInDatabase(10), unconcerned.dataSource()))
        .isEqualTo(Reading.of(0));
  }

  @Test
  @DisplayName("S7: WAL that a slot retains, of the one that is furthest behind, until it is lost")
  void slotRetainedWal() throws Exception {
    Signal signal = Throttles.slotRetainedWal(1L << 40);
    assertThat(read(signal, plain)).isEqualTo(Reading.of(0));
    String retained =
        "select pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn)::bigint"
            + " from pg_replication_slots where slot_name = 'lazy'";
    database.execute("select pg_create_physical_replication_slot('lazy', true)");
    try {
      writeWal(8);
      database.execute("select pg_create_physical_replication_slot('prompt', true)");
      for (DataSource reader : List.of(superuser, plain)) {
        long before = database.queryLong(retained);
        Reading reading = read(signal, reader);

        assertThat(reading.value().orElseThrow())
            .isBetween((double) before, (double) database.queryLong(retained));
        assertThat(before).isGreaterThan(1_000_000);
        assertThat(reading.detail()).isEqualTo("slot lazy (inactive)");
      }

      database.execute(
          "select pg_drop_replication_slot('prompt')",
          "alter system set max_slot_wal_keep_size = '1MB'",
          "select pg_reload_conf()");
      String status = "select wal_status from pg_replication_slots where slot_name = 'lazy'";
      await()
          .atMost(PATIENCE)
          .until(
              () -> {
                writeWal(1);
                database.execute("select pg_switch_wal()");
                return database.queryString(status).equals("unreserved");
              });
      Reading unreserved = read(signal, plain);
      assertThat(unreserved.value()).hasValue(1L << 40);
      assertThat(unreserved.detail()).contains("slot lazy").contains("unreserved");

      await()
          .atMost(PATIENCE)
          .until(
              () -> {
                writeWal(1);
                database.execute("select pg_switch_wal()", "checkpoint");
                return database.queryString(status).equals("lost");
              });
      Reading lost = read(signal, plain);
      assertThat(lost.value()).hasValue(0);
      assertThat(lost.caveat()).contains("lost").contains("lazy");
    } finally {
      database.execute(
          "select pg_drop_replication_slot(slot_name) from pg_replication_slots",
          "alter system reset max_slot_wal_keep_size",
          "select pg_reload_conf()");
    }
  }

  @Test
  @DisplayName("S7: files that wait to be archived")
  void archiverBacklog() throws Exception {
    Signal signal = Throttles.archiverBacklog(100);
    archiveBy("false");
    for (int file = 0; file < 4; file++) {
      writeWal(1);
      database.execute("select pg_switch_wal()");
    }
    String ready = "select count(*) from pg_ls_archive_statusdir() where name like '%.ready'";
    await()
        .atMost(PATIENCE)
        .untilAsserted(
            () -> {
              Reading reading = read(signal, plain);
              assertThat(reading.value()).hasValue((double) database.queryLong(ready));
              assertThat(reading.detail()).contains("archiving of 0000").contains("fails");
            });
    assertThat(database.queryLong(ready)).isGreaterThanOrEqualTo(4);
    assertThat(read(signal, superuser)).isEqualTo(read(signal, plain));

    archiveBy("true");
    await()
        .atMost(PATIENCE)
        .until(
            () -> {
              // Wakes the archiver, which rests for a minute after a failure.
              database.execute("select pg_reload_conf()");
              return read(signal, plain).value().orElseThrow() == 0;
            });
    assertThat(read(signal, superuser).value()).hasValue(0);

    archiveBy("false");
    await()
        .atMost(PATIENCE)
        .until(
            () -> {
              database.execute("select pg_stat_reset_shared('archiver')");
              return database
                  .queryString(
                      "select coalesce(last_archived_wal, last_failed_wal) is null"
                          + " from pg_stat_archiver")
                  .equals("t");
            });
    // Nothing was tried since: the statistics tell nothing.
    assertThat(read(signal, superuser).value()).hasValue((double) database.queryLong(ready));
    Reading hidden = read(signal, plain);
    assertThat(hidden.value()).isEmpty();
    assertThat(hidden.caveat()).endsWith("GRANT pg_monitor TO " + role);
  }

  @Test
  void archiverThatIsOffHasNoBacklog() throws Exception {
    try (PrivateServer without = PrivateServer.start()) {
      TestDatabase elsewhere = without.database();
      elsewhere.ordersTable(1);

      Reading off = read(Throttles.archiverBacklog(1), elsewhere.dataSource());

      assertThat(off.value()).isEmpty();
      assertThat(off.caveat()).contains("archive_mode is off");
    }
  }

  @Test
  void oldestSnapshotIsThatOfOthersInThisDatabase() throws Exception {
    Signal signal = Throttles.oldestSnapshot(Duration.ofMinutes(5));
    TestDatabase elsewhere = server.database();
    try (LockHolder unconcerned = LockHolder.snapshot(elsewhere)) {
      assertThat(unconcerned.isAlive()).isTrue();
      assertThat(read(signal, superuser)).isEqualTo(Reading.of(0));
    }
    try (LockHolder oldest = LockHolder.snapshot(database);
        LockHolder newer = LockHolder.snapshot(database)) {
      String age =
          "select extract(epoch from clock_timestamp() - xact_start) from pg_stat_activity"
              + " where pid = ?";
      double before = Double.parseDouble(database.queryString(age, oldest.pid()));
      Reading reading = read(signal, superuser);

      assertThat(newer.isAlive()).isTrue();
      assertThat(reading.value().orElseThrow())
          .isBetween(before, Double.parseDouble(database.queryString(age, oldest.pid())));
      assertThat(reading.detail()).isEqualTo("session " + oldest.pid() + " of holder");
      assertThat(reading.caveat()).isEmpty();

      Reading hidden = read(signal, plain);
      assertThat(hidden.value()).hasValue(0);
      assertThat(hidden.caveat())
          .contains("sessions of other roles are hidden")
          .endsWith("GRANT pg_monitor TO " + role);
    }
  }

  @Test
  void aPreparedTransactionHoldsASnapshotToo() throws Exception {
    try (PreparedTransaction prepared =
        PreparedTransaction.of(database, "update orders set touched = 1 where id = 1")) {
      Reading reading = read(Throttles.oldestSnapshot(Duration.ofMinutes(5)), plain);

      assertThat(reading.value().orElseThrow()).isGreaterThan(0);
      assertThat(reading.detail()).contains("prepared transaction").contains(prepared.gid());
    }
  }

  @Test
  void activeSessionsAreThoseOfOthers() throws Exception {
    Signal signal = Throttles.activeSessions(10);
    try (LockHolder other = LockHolder.running(database, "select pg_sleep(600), * from orders");
        LockHolder ours =
            LockHolder.running(database, "/* backfill r */ select pg_sleep(600), * from orders")) {
      assertAlive(other, ours);
      assertThat(read(signal, superuser)).isEqualTo(Reading.of(1));

      Reading hidden = read(signal, plain);
      assertThat(hidden.value()).hasValue(0);
      assertThat(hidden.caveat()).endsWith("GRANT pg_monitor TO " + role);
      database.execute("grant pg_monitor to " + role);
      assertThat(read(signal, plain)).isEqualTo(Reading.of(1));
    }
  }

  @Test
  void deadTuplesAreThoseOfTheTable() throws Exception {
    // A session tells the statistics at its end, and may not for long before.
    try (Connection connection = database.direct().getConnection();
        Statement statement = connection.createStatement()) {
      statement.execute("update orders set touched = 1 where id <= 500");
    }
    await()
        .atMost(PATIENCE)
        .untilAsserted(
            () -> {
              assertThat(read(Throttles.deadTuples(100), plain)).isEqualTo(Reading.of(500));
              // The statistics may count inserts twice that were analysed before they were told.
              long live =
                  database.queryLong(
                      "select n_live_tup from pg_stat_user_tables where relname = 'orders'");
              assertThat(read(Throttles.deadTupleShare(0.5), plain))
                  .isEqualTo(Reading.of(500.0 / (500 + live)));
            });

    database.execute("vacuum orders");
    await()
        .atMost(PATIENCE)
        .untilAsserted(
            () -> {
              assertThat(read(Throttles.deadTuples(100), plain)).isEqualTo(Reading.of(0));
              assertThat(read(Throttles.deadTupleShare(0.5), plain)).isEqualTo(Reading.of(0));
            });
  }

  @Test
  void walRateIsThatOfTheServer() throws Exception {
    Signal signal = Throttles.walRate(1_000_000).forRun();
    String position = "select pg_current_wal_insert_lsn() - '0/0'::pg_lsn";
    long before = database.queryLong(position);
    assertThat(read(signal, plain, 0)).isEqualTo(Reading.pending());
    writeWal(2);
    double rate = read(signal, plain, 2_000_000_000L).value().orElseThrow();

    assertThat(rate).isBetween(1_000_000.0, (database.queryLong(position) - before) / 2.0);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "select 3; 3",
        "select 3::bigint; 3",
        "select 2.5::numeric; 2.5",
        "select 2.5::float8; 2.5",
        "select count(*) from orders; 1000",
        "select ('{\"a\": 1}'::jsonb ? 'a')::int -- a question; 1",
      })
  void aQueryReadsANumber(String sql, double value) throws Exception {
    assertThat(read(Throttles.query("mine", sql, 10), superuser)).isEqualTo(Reading.of(value));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "select null",
        "select null::int",
        "select max(id) from orders where false",
        "select 'NaN'::float8",
        "select 'NaN'::numeric"
      })
  void aQueryThatReturnsNullIsUnknown(String sql) throws Exception {
    Reading reading = read(Throttles.query("mine", sql, 10), superuser);
    assertThat(reading.value()).isEmpty();
    assertThat(reading.caveat()).startsWith("its query returned N");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "select 'a lot'; returned \"a lot\"; it must return a number",
        "select interval '3 s'; it must return a number",
        "select true; returned \"true\"",
        "select 1, 2; returns 2 columns",
        "select id from orders; more than one row",
        "select id from orders where false; no row",
        "selec 1; syntax error",
        "select 1 from nowhere; does not exist",
        "select '' where false; no row",
      })
  void aQueryOfAnotherShapeIsRefused(String sql, String why) {
    assertThatThrownBy(() -> read(Throttles.query("mine", sql, 10), superuser))
        .isInstanceOf(SQLException.class)
        .hasMessageContaining(why);
  }

  private Reading read(Signal signal, DataSource reader) throws SQLException {
    return read(signal, reader, 0);
  }

  private Reading read(Signal signal, DataSource reader, long nanos) throws SQLException {
    try (Connection connection = reader.getConnection()) {
      connection.setAutoCommit(false);
      try {
        return signal.read(new SignalContext(connection, List.of(orders(connection)), nanos));
      } finally {
        connection.rollback();
      }
    }
  }

  private static long orders(Connection connection) throws SQLException {
    try (var statement = connection.createStatement();
        var rows = statement.executeQuery("select to_regclass('orders')::oid")) {
      rows.next();
      return rows.getLong(1);
    }
  }

  private void archiveBy(String command) {
    database.execute(
        "alter system set archive_command = '" + command + "'", "select pg_reload_conf()");
  }

  /** Some megabytes of it. */
  private void writeWal(int megabytes) {
    database.execute(
        "select pg_logical_emit_message(false, 'x', repeat('x', 1000000))"
            + " from generate_series(1, "
            + megabytes
            + ")");
  }

  private void awaitWaiting(int sessions) {
    await()
        .atMost(PATIENCE)
        .until(
            () ->
                database.queryLong("select count(distinct pid) from pg_locks where not granted")
                    == sessions);
  }

  private static void assertAlive(LockHolder... holders) {
    assertThat(holders).allMatch(LockHolder::isAlive);
  }
}
