package dev.backfill;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.backfill.event.BackfillEvent;
import dev.backfill.model.LockNotAcquiredException;
import dev.backfill.model.RunState;
import dev.backfill.model.Timeouts;
import dev.backfill.testing.LockSampler;
import dev.backfill.testing.PrivateServer;
import dev.backfill.testing.TestDatabase;
import dev.backfill.testing.Traffic;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** DDL on a table where a real autovacuum worker is, slowed to ten pages a second. */
class DdlVacuumIT {
  private static final String VALUE =
      "case when shipped_at is null then 'pending' else 'shipped' end";
  // The ceiling is a time-out of the server's; a slow machine adds to it what it likes.
  private static final Duration CEILING = Timeouts.defaults().ddlLock().plusSeconds(10);

  private PrivateServer server;
  private TestDatabase database;

  @BeforeEach
  void orders() {
    server =
        PrivateServer.start(Map.of("fsync", "off", "autovacuum", "on", "autovacuum_naptime", "1s"));
    database = server.database();
    database.ordersTable(40_000);
  }

  @AfterEach
  void close() {
    server.close();
  }

  /** Some 600 pages, each with a dead row. */
  private void vacuum(String moreParameters, String query) {
    database.execute(
        "update orders set updated_at = now() where id % 20 = 0",
        "alter table orders set (autovacuum_vacuum_cost_delay = 100,"
            + " autovacuum_vacuum_cost_limit = 1, autovacuum_vacuum_threshold = 1,"
            + " autovacuum_vacuum_scale_factor = 0"
            + moreParameters
            + ")");
    Awaitility.await()
        .atMost(Duration.ofMinutes(2))
        .until(
            () ->
                database.queryLong(
                        "select count(*) from pg_stat_activity a join pg_locks l using (pid)"
                            + " where a.backend_type = 'autovacuum worker'"
                            + " and a.query like ? and l.granted"
                            + " and l.relation = 'orders'::regclass"
                            + " and l.mode = 'ShareUpdateExclusiveLock'",
                        query)
                    > 0);
  }

  @Test
  @DisplayName("L11: autovacuum goes out of the way of each DDL step, and nobody waits for long")
  void autovacuum() {
    List<String> heldBackBy = new CopyOnWriteArrayList<>();
    try (Traffic traffic = Traffic.on(database).start();
        LockSampler sampler = LockSampler.start(database)) {
      vacuum("", "autovacuum: VACUUM%");
      RunState state =
          Backfill.column("orders", "status_code")
              .type("text")
              .value(VALUE)
              .listener(
                  event -> {
                    if (event instanceof BackfillEvent.DdlWaiting waiting) {
                      heldBackBy.add(waiting.holders());
                    }
                  })
              .on(database.pool(3))
              .run()
              .state();
      assertThat(state).isEqualTo(RunState.DONE);
      sampler.stop();
      assertThat(sampler.longestWait(lock -> lock.application().equals("traffic")))
          .isLessThan(CEILING);
      traffic.verify(VALUE);
    }
    assertThat(heldBackBy).first().asString().contains("autovacuum; yields");
  }

  @Test
  @DisplayName("L11: a vacuum that prevents wraparound yields to nobody, so it is named")
  void wraparound() {
    database.execute(
        """
        create procedure burn() language plpgsql as $$
        begin
          for i in 1..110000 loop
            perform txid_current();
            commit;
          end loop;
        end $$
        """,
        "call burn()");
    vacuum(", autovacuum_freeze_max_age = 100000", "%to prevent wraparound%");
    assertThatThrownBy(
            () ->
                Backfill.column("orders", "status_code")
                    .type("text")
                    .value(VALUE)
                    .timeouts(Timeouts.defaults().withDdlDeadline(Duration.ofSeconds(2)))
                    .on(database.pool(3))
                    .run())
        .isInstanceOf(LockNotAcquiredException.class)
        .hasMessageContaining("autovacuum to prevent wraparound; let it finish");
  }
}
