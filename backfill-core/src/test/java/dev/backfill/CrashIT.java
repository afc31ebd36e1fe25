package dev.backfill;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backfill.model.ScanOrder;
import dev.backfill.testing.ChildJvm;
import dev.backfill.testing.PostgresTest;
import dev.backfill.testing.TestDatabase;
import dev.backfill.testing.Traffic;
import dev.backfill.testing.UpdateAudit;
import java.time.Duration;
import java.util.Random;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

@PostgresTest
class CrashIT {
  private static final String VALUE =
      "case when shipped_at is null then 'pending' else 'shipped' end";
  private static final int ROWS = 40_000;
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  TestDatabase database;

  @BeforeEach
  void orders() {
    database.execute(
        "drop schema if exists backfill cascade", "drop table if exists orders cascade");
    database.ordersTable(ROWS);
  }

  private ChildJvm application(int workers) throws Exception {
    return application(workers, ScanOrder.KEY);
  }

  private ChildJvm application(int workers, ScanOrder order) throws Exception {
    return ChildJvm.start(
        CrashingApplication.class, database.url(), Integer.toString(workers), order.name());
  }

  @ParameterizedTest(
      name = "C1, C2, C3, C4: {0} workers in {1} order, killed {2} times, each row updated once")
  @CsvSource({"1, KEY, 3", "2, PHYSICAL, 3"})
  void killedAFewTimes(int workers, ScanOrder order, int times) throws Exception {
    eachRowIsUpdatedOnce(workers, order, times);
  }

  @Tag("long")
  @Test
  @DisplayName("C1, C2, C3, C4: two workers killed ten times, each row updated once")
  void killedAgainAndAgain() throws Exception {
    eachRowIsUpdatedOnce(2, ScanOrder.KEY, 10);
  }

  private void eachRowIsUpdatedOnce(int workers, ScanOrder order, int times) throws Exception {
    UpdateAudit audit = UpdateAudit.install(database, "orders", "status_code");
    long seed = new Random().nextLong();
    System.out.println("seed " + seed);
    Random random = new Random(seed);
    try (Traffic traffic = Traffic.on(database).start()) {
      for (int round = 0; round < times; round++) {
        int batches = 1 + random.nextInt(15);
        try (ChildJvm application = application(workers, order)) {
          application.awaitLine(
              line -> line.startsWith("batch " + batches + ":") || line.equals("finished"),
              batches + " batches",
              PATIENCE);
          application.killHard();
        }
      }
      try (ChildJvm application = application(workers, order)) {
        application.awaitLine("finished", PATIENCE);
      }
      traffic.awaitEach(5);
      traffic.verify(VALUE);
    }
    audit.assertNoRowTwice();
    assertThat(database.queryLong("select count(*) from backfill.run_window where not done"))
        .isZero();
    assertThat(
            database.queryLong(
                "select count(*) from pg_attribute where attrelid = 'orders'::regclass"
                    + " and attname = 'status_code' and attnotnull"))
        .isEqualTo(1);
  }

  @ParameterizedTest(
      name =
          "C5, L12: frozen past its lease and woken up, the former owner changes nothing, {0}"
              + " order")
  @EnumSource(names = {"KEY", "PHYSICAL"})
  void theFrozenOwnerIsFenced(ScanOrder order) throws Exception {
    UpdateAudit audit = UpdateAudit.install(database, "orders", "status_code");
    try (ChildJvm frozen = application(1, order)) {
      frozen.awaitLine("batch", PATIENCE);
      frozen.suspend();
      try (ChildJvm successor = application(1, order)) {
        successor.awaitLine("finished", PATIENCE);
        frozen.resume();
        frozen.awaitLine("another one has taken it over", PATIENCE);
      }
    }
    audit.assertEachRowOnce(ROWS);
    assertThat(database.queryLong("select count(*) from orders where status_code is null"))
        .isZero();
  }

  @Test
  @DisplayName("C9: of two that start at once one runs, the other waits with no lock or snapshot")
  void twoStartAtOnce() throws Exception {
    UpdateAudit audit = UpdateAudit.install(database, "orders", "status_code");
    try (ChildJvm first = application(1);
        ChildJvm second = application(1)) {
      first.awaitLine("finished", PATIENCE);
      second.awaitLine("finished", PATIENCE);
    }
    audit.assertEachRowOnce(ROWS);
    Awaitility.await()
        .atMost(Duration.ofSeconds(20))
        .until(
            () ->
                database.queryLong(
                        "select count(*) from pg_stat_activity where application_name = 'backfill'"
                            + " and datname = current_database()")
                    == 0);
  }
}
