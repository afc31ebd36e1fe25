package dev.backfill.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.backfill.internal.postgres.LockMode;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

@PostgresTest
class LocksIT {
  TestDatabase database;

  @BeforeEach
  void table() {
    database.execute(
        "drop table if exists t",
        "create table t (id int primary key, n int)",
        "insert into t select g, g from generate_series(1, 10) g");
  }

  private String modesOf(int pid) {
    return String.join(
        " ",
        database.queryStrings(
            "select distinct mode from pg_locks where pid = ? and relation = 't'::regclass", pid));
  }

  @Nested
  class LockHolders {

    @Test
    void holdATableLockUntilClosed() {
      int pid;
      try (LockHolder holder = LockHolder.table(database, "t", "share")) {
        pid = holder.pid();
        assertThat(modesOf(pid)).isEqualTo("ShareLock");
      }
      Awaitility.await().untilAsserted(() -> assertThat(modesOf(pid)).isEmpty());
    }

    @Test
    void holdRowsThatOthersCannotUpdate() {
      try (LockHolder holder = LockHolder.rows(database, "t", "id <= 3")) {
        assertThat(holder.isAlive()).isTrue();
        assertThat(
                database.queryLong("select count(*) from (select from t for update skip locked) r"))
            .isEqualTo(7);
      }
    }

    @Test
    void holdASnapshotThatKeepsDeadRows() {
      try (LockHolder holder = LockHolder.snapshot(database)) {
        assertThat(
                database.queryLong(
                    "select count(backend_xmin) from pg_stat_activity where pid = ?", holder.pid()))
            .isEqualTo(1);
        assertThat(modesOf(holder.pid())).isEmpty();
      }
    }

    @Test
    void runALongQueryThatClosingCancels() {
      int pid;
      try (LockHolder holder =
          LockHolder.running(database, "select pg_sleep(600) from t limit 1")) {
        pid = holder.pid();
        assertThat(modesOf(pid)).isEqualTo("AccessShareLock");
      }
      Awaitility.await().untilAsserted(() -> assertThat(modesOf(pid)).isEmpty());
    }

    @Test
    void noticeThatTheyWereTerminated() {
      try (LockHolder holder = LockHolder.reader(database, "t")) {
        database.queryStrings("select pg_terminate_backend(?)", holder.pid());
        Awaitility.await().until(() -> !holder.isAlive());
      }
    }

    @Test
    void holdLocksWithoutASession() {
      try (PreparedTransaction prepared =
          PreparedTransaction.of(database, "update t set n = 0 where id = 1")) {
        assertThat(database.queryStrings("select gid from pg_prepared_xacts"))
            .contains(prepared.gid());
        assertThat(
                database.queryLong("select count(*) from (select from t for update skip locked) r"))
            .isEqualTo(9);
      }
      assertThat(
              database.queryLong("select count(*) from (select from t for update skip locked) r"))
          .isEqualTo(10);
    }
  }

  @Nested
  class TheLockSampler {

    @Test
    void seesWhichModesAStatementsSessionHeld() throws SQLException {
      LockSampler sampler = LockSampler.start(database);
      try (sampler;
          Connection connection = database.direct().getConnection();
          Statement statement = connection.createStatement()) {
        connection.setAutoCommit(false);
        statement.execute("lock table t in exclusive mode");
        statement.execute("select pg_sleep(0.2) as the_marker from t limit 1");
        connection.commit();
        statement.execute("select pg_sleep(0.2) as another_marker from t limit 1");
        connection.commit();
      }
      assertThat(sampler.modesHeldDuring("THE_MARKER"))
          .containsExactly(LockMode.ACCESS_SHARE, LockMode.EXCLUSIVE);
      assertThat(sampler.modesHeldDuring("another_marker")).containsExactly(LockMode.ACCESS_SHARE);
      assertThatThrownBy(() -> sampler.modesHeldDuring("never run"))
          .isInstanceOf(AssertionError.class);
    }

    @Test
    void seesHowLongSomebodyWaited() throws SQLException {
      LockSampler sampler = LockSampler.start(database);
      try (sampler;
          LockHolder holder = LockHolder.table(database, "t", "access exclusive");
          Connection connection = database.dataSource().getConnection();
          Statement statement = connection.createStatement()) {
        statement.execute("set lock_timeout = '300ms'");
        assertThatThrownBy(() -> statement.execute("update t set n = 1"))
            .isInstanceOf(SQLException.class);
        statement.execute("reset lock_timeout");
        assertThat(holder.isAlive()).isTrue();
      }
      assertThat(sampler.longestWait(lock -> lock.application().equals("app")))
          .isBetween(Duration.ofMillis(50), Duration.ofSeconds(30));
      assertThat(sampler.longestWait(lock -> lock.application().equals("somebody"))).isZero();
    }
  }
}
