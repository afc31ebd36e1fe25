package dev.backfill.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@PostgresTest
class TrafficIT {
  private static final String VALUE =
      "case when shipped_at is null then 'pending' else 'shipped' end";

  TestDatabase database;

  @BeforeEach
  void orders() {
    database.execute("drop table if exists orders");
    database.ordersTable(2000);
  }

  /** What a good backfill does, in one transaction each: the column with its cover, then a fill. */
  private static void expand(TestDatabase database) {
    database.execute(
        """
        do $do$ begin
          alter table orders add status_code text;
          create or replace function cover() returns trigger language plpgsql as $$
            begin new.status_code := %s; return new; end $$;
          create trigger z_insert before insert on orders for each row
            when (new.status_code is null) execute function cover();
          create trigger z_update before update of shipped_at on orders for each row
            when (new.shipped_at is distinct from old.shipped_at
                  and new.status_code is not distinct from old.status_code)
            execute function cover();
        end $do$
        """
            .formatted(VALUE.replace("shipped_at", "new.shipped_at")));
  }

  /** Waits for nobody, so that it is in no deadlock. */
  private static int fill(TestDatabase database) {
    int filled = 0;
    while (database.queryLong("select count(*) from orders where status_code is null") > 0) {
      filled +=
          database.update(
              """
              update orders set status_code = %s
              where id in (select id from orders where status_code is null
                           limit 500 for update skip locked)
              """
                  .formatted(VALUE));
    }
    return filled;
  }

  @Nested
  class BesideACarefulBackfill {

    @ParameterizedTest
    @ValueSource(ints = {1, 4})
    void everyRowIsFoundRight(int rowsPerTransaction) {
      UpdateAudit audit = UpdateAudit.install(database, "orders", "status_code");
      try (Traffic traffic =
          Traffic.on(database)
              .rowsPerTransaction(rowsPerTransaction)
              .weight(Operation.MOVE_KEY, 1)
              .start()) {
        expand(database);
        traffic.awaitEach(20);
        assertThat(fill(database)).isPositive();
        traffic.awaitEach(20);
        traffic.verify(VALUE);
        traffic.verify(row -> row.getTimestamp("shipped_at") == null ? "pending" : "shipped");
        audit.assertNoRowTwice();
        assertThat(audit.updates()).isPositive();
        assertThat(traffic.longestStall().took()).isPositive();
      }
    }

    @Test
    void onlyOldCodeWritesNoValue() {
      try (Traffic traffic = Traffic.on(database).onlyOldCode().start()) {
        expand(database);
        traffic.awaitEach(10);
        fill(database);
        traffic.verify(VALUE);
        assertThat(traffic.count(Operation.WRITE_VALUE)).isZero();
      }
    }
  }

  @Nested
  class BesideACarelessBackfill {

    private void findsOut(Traffic traffic, String message) {
      assertThatThrownBy(() -> traffic.verify(VALUE))
          .isInstanceOf(AssertionError.class)
          .hasMessageContaining(message);
    }

    private Traffic traffic() {
      expand(database);
      Traffic traffic = Traffic.on(database).start();
      traffic.awaitEach(20);
      fill(database);
      return traffic;
    }

    @Test
    void anOverwrittenValueIsFound() {
      try (Traffic traffic = traffic()) {
        traffic.stop();
        database.execute("update orders set status_code = " + VALUE);
        findsOut(traffic, "was written by the application");
      }
    }

    @Test
    void aStaleValueIsFound() {
      try (Traffic traffic = traffic()) {
        database.execute("alter table orders disable trigger z_update");
        traffic.awaitEach(100);
        findsOut(traffic, "was derived from its columns");
      }
    }

    @Test
    void anEmptyRowIsFound() {
      try (Traffic traffic = traffic()) {
        traffic.stop();
        database.execute("update orders set status_code = null where id = 17");
        findsOut(traffic, "key 17: holds null");
      }
    }

    @Test
    void aLostRowIsFound() {
      try (Traffic traffic = traffic()) {
        traffic.stop();
        database.execute("delete from orders where id = (select max(id) from orders)");
        findsOut(traffic, "gone");
      }
    }

    @Test
    void anUntouchedRowThatIsLostIsFound() {
      try (Traffic traffic = traffic()) {
        traffic.stop();
        database.execute(
            "delete from orders where id = (select id from orders where touched = 0 limit 1)");
        findsOut(traffic, "rows in the table");
      }
    }

    @Test
    void aLostWriteIsFound() {
      try (Traffic traffic = traffic()) {
        traffic.stop();
        database.execute("update orders set touched = 0");
        findsOut(traffic, "is lost");
      }
    }

    @Test
    void aStatementThatFailedIsFound() {
      try (Traffic traffic = traffic()) {
        database.execute("alter table orders add check (note not like 'UPDATE%') not valid");
        Awaitility.await().until(() -> !traffic.errors().isEmpty());
        findsOut(traffic, "violates check constraint");
      }
    }

    @Test
    void aStallIsFound() {
      try (Traffic traffic = traffic();
          LockHolder holder = LockHolder.table(database, "orders", "access exclusive")) {
        Awaitility.await()
            .until(
                () ->
                    database.queryLong(
                            "select count(*) from pg_locks where not granted and relation ="
                                + " 'orders'::regclass and clock_timestamp() - waitstart > '1 s'")
                        > 0);
        holder.release();
        traffic.awaitEach(1);
        assertThat(traffic.longestStall().took()).isGreaterThan(Duration.ofMillis(900));
      }
    }
  }

  @Test
  void commitsWhoseOutcomeWasHiddenAreLookedUp() {
    try (PrivateServer server = PrivateServer.start()) {
      TestDatabase own = server.database();
      own.ordersTable(1000);
      expand(own);
      try (Traffic traffic =
          Traffic.on(own)
              .rowsPerTransaction(2)
              .weight(Operation.MOVE_KEY, 1)
              .pause(Duration.ZERO)
              .start()) {
        traffic.awaitEach(10);
        assertThat(server.terminateBackends("traffic")).isPositive();
        traffic.awaitEach(10);
        server.stopImmediately();
        server.restart();
        traffic.awaitEach(10);
        fill(own);
        traffic.verify(VALUE);
        assertThat(traffic.connectionsLost()).isGreaterThanOrEqualTo(4);
      }
    }
  }
}
