package dev.backfill;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backfill.examples.local.SlowLink;
import dev.backfill.testing.ChildJvm;
import dev.backfill.testing.FailoverServer;
import dev.backfill.testing.TestDatabase;
import dev.backfill.testing.UpdateAudit;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The owner is gone, in one way or another, and a second node goes on. */
@Tag("long")
class TakeoverIT {
  private static final int ROWS = 20_000;
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  private static FailoverServer server;
  private static TestDatabase database;
  private UpdateAudit audit;

  @BeforeAll
  static void start() {
    server = FailoverServer.start();
    database = server.database();
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  @BeforeEach
  void orders() {
    database.execute(
        "drop schema if exists backfill cascade",
        "drop table if exists orders cascade",
        "drop schema if exists fixture cascade");
    database.ordersTable(ROWS);
    audit = UpdateAudit.install(database, "orders", "status_code");
  }

  @Test
  @DisplayName("C4: a killed owner is followed when its lease has ended, by the database's clock")
  void killed() {
    try (ChildJvm owner = linkedOwner()) {
      owner.killHard();
      try (ChildJvm successor = successor()) {
        successor.awaitLine("finished", PATIENCE);
      }
    }
    assertTakenOverOnceTheLeaseHadEnded();
  }

  @Test
  @DisplayName("C5: cut off past its lease, the former owner is fenced when its network is back")
  void cutOff() {
    try (ChildJvm owner = linkedOwner()) {
      server.link().cut();
      try (ChildJvm successor = successor()) {
        successor.awaitLine("batch", PATIENCE);
        server.link().restore();
        owner.awaitLine("another one has taken it over", PATIENCE);
        successor.awaitLine("finished", PATIENCE);
      }
    } finally {
      server.link().restore();
    }
    assertTakenOverOnceTheLeaseHadEnded();
  }

  @Test
  @DisplayName("C5: its network stalled with open connections, the former owner is fenced too")
  void stalled() {
    try (ChildJvm owner = linkedOwner()) {
      server.link().rate(0);
      try (ChildJvm successor = successor()) {
        successor.awaitLine("batch", PATIENCE);
        server.link().rate(SlowLink.UNLIMITED);
        owner.awaitLine("another one has taken it over", PATIENCE);
        successor.awaitLine("finished", PATIENCE);
      }
    } finally {
      server.link().rate(SlowLink.UNLIMITED);
    }
    assertTakenOverOnceTheLeaseHadEnded();
  }

  @Test
  @DisplayName(
      "L12: frozen between the two statements of a claim, the owner holds nobody up for long")
  void frozenInAClaim() {
    try (ChildJvm owner =
        ChildJvm.start(
            HaltingApplication.class, database.url(), "insert into \"backfill\".\"run_window\"")) {
      owner.awaitLine("halted", PATIENCE);
      owner.suspend();
      try (ChildJvm successor = successor()) {
        successor.awaitLine("finished", PATIENCE);
      }
      owner.killHard();
    }
    audit.assertEachRowOnce(ROWS);
  }

  /**
   * In mid-run, with a trigger that writes down when its lease was to end and when it was taken.
   */
  private ChildJvm linkedOwner() {
    ChildJvm owner = ChildJvm.start(CrashingApplication.class, server.linkedUrl(), "1");
    owner.awaitLine("batch 5:", PATIENCE);
    database.execute(
        "create table fixture.takeover (lease_until timestamptz, at timestamptz, epoch bigint)",
        """
        create function fixture.takeover() returns trigger language plpgsql as $$
        begin
          insert into fixture.takeover values (old.lease_until, clock_timestamp(), new.epoch);
          return null;
        end $$
        """,
        "create trigger takeover after update on backfill.run for each row"
            + " when (old.epoch <> new.epoch) execute function fixture.takeover()");
    return owner;
  }

  private ChildJvm successor() {
    return ChildJvm.start(CrashingApplication.class, database.url(), "1");
  }

  private void assertTakenOverOnceTheLeaseHadEnded() {
    assertThat(
            database.queryStrings(
                "select 'epoch ' || epoch || case when at > lease_until then ' after' else"
                    + " ' before' end || ' the end of the lease' from fixture.takeover"))
        .containsExactly("epoch 2 after the end of the lease");
    audit.assertEachRowOnce(ROWS);
    assertThat(database.queryLong("select count(*) from orders where status_code is null"))
        .isZero();
  }
}
