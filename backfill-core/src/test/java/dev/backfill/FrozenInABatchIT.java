package dev.backfill;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backfill.testing.ChildJvm;
import dev.backfill.testing.PostgresTest;
import dev.backfill.testing.TestDatabase;
import dev.backfill.testing.UpdateAudit;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A process that is frozen when it has updated the rows of a batch and not yet moved its
 * checkpoint. Only a batch of two messages has such a moment, as one is on a table with triggers,
 * or with a value that Java computes; otherwise all of it, the commit included, is one.
 */
@PostgresTest
class FrozenInABatchIT {
  private static final int ROWS = 20_000;
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  // Where the rows are counted by the client: of a checkpoint that has a message of its own.
  private static final String CHECKPOINT = "rows = rows + ?";
  private static final String NONE = "";

  TestDatabase database;

  @BeforeEach
  void orders() {
    database.execute(
        "drop schema if exists backfill cascade", "drop table if exists orders cascade");
    database.ordersTable(ROWS);
  }

  @ParameterizedTest(
      name = "C5, L12: frozen in a batch, its row locks are freed and its rows filled once, {0}")
  @ValueSource(strings = {"sql", "java"})
  void itsLocksAreFreed(String value) throws Exception {
    UpdateAudit audit = UpdateAudit.install(database, "orders", "status_code");
    try (ChildJvm frozen = application(CHECKPOINT, value)) {
      frozen.awaitLine("halted", PATIENCE);
      frozen.suspend();
      assertThat(idleInTransaction()).isPositive();
      String locked =
          database.queryString(
              "select min(id) from orders"
                  + " where id not in (select id from orders for update skip locked)");
      assertThat(locked).as("a row that the frozen batch has locked").isNotNull();

      // The application waits for the row, until the server has ended the session.
      assertThat(
              CompletableFuture.supplyAsync(
                  () ->
                      database.queryString(
                          "select id from orders where id = " + locked + " for update")))
          .succeedsWithin(PATIENCE)
          .isEqualTo(locked);
      try (ChildJvm successor = application(NONE, value)) {
        successor.awaitLine("finished", PATIENCE);
      }
      frozen.resume();
      frozen.tell("go on");
      frozen.awaitLine("another one has taken it over", PATIENCE);
    }
    audit.assertEachRowOnce(ROWS);
    assertThat(database.queryLong("select count(*) from orders where status_code is null"))
        .isZero();
  }

  private ChildJvm application(String halt, String value) {
    return ChildJvm.start(HaltingApplication.class, database.url(), halt, value);
  }

  private long idleInTransaction() {
    return database.queryLong(
        "select count(*) from pg_stat_activity"
            + " where datname = current_database() and state = 'idle in transaction'");
  }
}
