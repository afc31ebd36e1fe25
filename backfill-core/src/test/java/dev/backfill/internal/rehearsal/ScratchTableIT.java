package dev.backfill.internal.rehearsal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.backfill.internal.postgres.TableInfo.Leaf;
import dev.backfill.model.LockNotAcquiredException;
import dev.backfill.model.RunFailedException;
import dev.backfill.testing.LockHolder;
import dev.backfill.testing.PostgresTest;
import dev.backfill.testing.TestDatabase;
import java.sql.Connection;
import java.sql.SQLException;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What is done to the copy, and what is not done to that of a successor. */
@PostgresTest
class ScratchTableIT {
  private static final int ROWS = 1_000;
  private static final String TAKE =
      "comment on schema backfill_rehearsal is"
          + " 'Scratch of a backfill rehearsal another, in use until 2999-01-01 00:00:00+00'";
  // By its pages and rows it is all but empty.
  private static final Index SPARSE =
      new Index(
          0,
          "sparse",
          "customer_id",
          "create index ",
          " using btree (customer_id)",
          true,
          false,
          10_000);

  TestDatabase database;
  private Connection connection;
  private ScratchTable table;

  @BeforeEach
  void schema() throws SQLException {
    database.execute(
        "drop schema if exists backfill_rehearsal cascade", "drop table if exists orders cascade");
    database.ordersTable(ROWS);
    connection = database.dataSource().getConnection();
    Leaf leaf =
        new Leaf(
            database.queryLong("select 'orders'::regclass::oid::bigint"),
            "public",
            "orders",
            'r',
            ROWS,
            pages(),
            100,
            1);
    LeafFigures figures = LeafFigures.of(connection, leaf);
    ScratchSchema schema = ScratchSchema.of("backfill");
    schema.create(connection);
    table = new ScratchTable(schema, "orders", figures);
  }

  @AfterEach
  void close() throws SQLException {
    connection.close();
  }

  private long pages() {
    return database.queryLong("select relpages from pg_class where oid = 'orders'::regclass");
  }

  private String relation(String name) {
    return database.queryString("select coalesce(to_regclass(?)::text, 'none')", name);
  }

  private void assertTakenAway(ThrowingCallable step) {
    assertThatThrownBy(step)
        .isInstanceOf(RunFailedException.class)
        .hasMessageContaining("was away for longer than two minutes")
        .hasMessageContaining("The table was only read");
  }

  @Test
  void noTableIsCreatedInTheSchemaOfAnother() {
    database.execute(TAKE);

    assertTakenAway(() -> table.create(connection));
    assertThat(relation("backfill_rehearsal.orders")).isEqualTo("none");
  }

  @Test
  void noRowIsCopiedIntoTheTableOfAnother() throws SQLException {
    table.create(connection);
    database.execute(TAKE);

    assertTakenAway(() -> table.copy(connection, 0, pages(), ROWS));
    assertThat(database.queryLong("select count(*) from backfill_rehearsal.orders")).isZero();
    assertThat(table.rows()).isZero();
  }

  @Test
  void noIndexIsBuiltOnTheTableOfAnother() throws SQLException {
    table.create(connection);
    database.execute(TAKE);

    assertTakenAway(() -> table.index(connection, SPARSE));
    assertThat(relation("backfill_rehearsal.sparse")).isEqualTo("none");
  }

  @Test
  void anIndexIsLeftAsItIsOnceItIsAnothers() throws SQLException {
    table.create(connection);
    database.execute(
        "create function take() returns event_trigger language plpgsql as $$ begin "
            + TAKE
            + "; end $$",
        "create event trigger takes on ddl_command_start when tag in ('ALTER INDEX')"
            + " execute function take()");
    try {
      assertTakenAway(() -> table.index(connection, SPARSE));
    } finally {
      database.execute("drop event trigger takes", "drop function take");
    }
    assertThat(
            database.queryString(
                "select coalesce(array_to_string(reloptions, ','), 'none') from pg_class"
                    + " where oid = 'backfill_rehearsal.sparse'::regclass"))
        .isEqualTo("none");
  }

  @Test
  void theTableOfAnotherIsNotVacuumed() throws SQLException {
    table.create(connection);
    database.execute(TAKE);

    assertTakenAway(() -> table.finish(connection));
    assertThat(
            database.queryLong(
                "select reltuples from pg_class where oid = 'backfill_rehearsal.orders'::regclass"))
        .as("never counted")
        .isEqualTo(-1);
  }

  @Test
  @Timeout(60)
  void whoHasTheTableLockedIsNamed() throws SQLException {
    try (LockHolder holder = LockHolder.table(database, "orders", "access exclusive")) {
      assertLockedBy(holder, () -> table.create(connection));
    }
    table.create(connection);
    try (LockHolder holder = LockHolder.table(database, "orders", "access exclusive")) {
      assertLockedBy(holder, () -> table.copy(connection, 0, 1, ROWS));
    }
    long unused = table.copy(connection, 0, pages(), ROWS);
    assertThat(table.rows()).isEqualTo(ROWS);
  }

  private static void assertLockedBy(LockHolder holder, ThrowingCallable step) {
    assertThatThrownBy(step)
        .isInstanceOf(LockNotAcquiredException.class)
        .hasMessageContaining("locked exclusively by")
        .hasMessageContaining(String.valueOf(holder.pid()))
        .hasMessageContaining("then start again");
  }
}
