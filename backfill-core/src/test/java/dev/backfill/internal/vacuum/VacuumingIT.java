package dev.backfill.internal.vacuum;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.backfill.event.BackfillEvent;
import dev.backfill.internal.postgres.TableInfo.Leaf;
import dev.backfill.model.Vacuum;
import dev.backfill.testing.LockHolder;
import dev.backfill.testing.PostgresTest;
import dev.backfill.testing.TestDatabase;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

@PostgresTest
class VacuumingIT {
  private static final long ROWS = 10_000;

  TestDatabase database;
  private final List<BackfillEvent> events = new ArrayList<>();

  /** Its session is lost while batches wait. */
  private record Losing(Connection connection) implements Vacuuming.Holding {
    @Override
    public boolean rest(Duration duration) {
      try {
        connection.close();
      } catch (SQLException e) {
        throw new IllegalStateException(e);
      }
      return true;
    }

    @Override
    public boolean wanted() {
      return true;
    }
  }

  @Test
  void aWaitThatALostSessionBreaksOffIsToldToHaveEnded() throws SQLException {
    database.execute(
        "create table events (id int) with (autovacuum_vacuum_scale_factor = 0,"
            + " autovacuum_vacuum_threshold = 2000)",
        "insert into events select generate_series(1, " + ROWS + ")");
    long oid = database.queryLong("select 'events'::regclass::oid::bigint");
    Leaf leaf = new Leaf(oid, "public", "events", 'r', ROWS, 50, 100, oid);
    try (LockHolder holder = LockHolder.table(database, "events", "share update exclusive");
        Connection connection = database.unpooled().getConnection()) {
      Vacuuming vacuuming =
          new Vacuuming(
              "run", Vacuum.await(0.5), new Losing(connection), events::add, System::nanoTime);
      vacuuming.moved(leaf, ROWS);

      assertThatThrownBy(() -> vacuuming.betweenBatches(connection, leaf))
          .hasStackTraceContaining("closed");
      assertThat(holder.isAlive()).isTrue();
    }
    assertThat(events).hasSize(2);
    assertThat(events.get(0)).isInstanceOf(BackfillEvent.VacuumAwaited.class);
    assertThat(events.get(1))
        .isInstanceOfSatisfying(
            BackfillEvent.VacuumSkipped.class,
            skipped ->
                assertThat(skipped.reason())
                    .startsWith("the wait was broken off: ")
                    .contains("closed"));
  }
}
