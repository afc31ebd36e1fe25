package dev.backfill.internal.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.backfill.internal.time.Sleeper;
import dev.backfill.internal.time.Ticker;
import dev.backfill.model.RunFailedException;
import dev.backfill.model.Timeouts;
import dev.backfill.testing.PostgresTest;
import dev.backfill.testing.TestDatabase;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** A server that has not what even a look at the locks takes. */
@PostgresTest
class ExhaustedServerIT {
  private final List<String> told = new ArrayList<>();

  @Test
  @DisplayName("L4: a look that the server has not the memory for is repeated up to the deadline")
  void atALook(TestDatabase database) throws Exception {
    // A server can hardly be made to run out of memory just here: in place of a function that the
    // look calls there is one that says so.
    database.execute(
        "create table t (id int primary key)",
        "create schema before",
        "create function before.current_database() returns name language plpgsql as"
            + " $$ begin raise exception 'out of memory' using errcode = '53200'; end $$");
    long table = database.queryLong("select 't'::regclass::oid");
    Ddl ddl =
        new Ddl(
            "change it",
            List.of("alter table public.t add column x int"),
            LockMode.ACCESS_EXCLUSIVE,
            List.of(table),
            false);
    try (Connection connection =
        database.unpooledWith("search_path = before, pg_catalog, public").getConnection()) {
      assertThatThrownBy(() -> guard(connection, ddl, Duration.ofSeconds(2)))
          .isInstanceOf(RunFailedException.class)
          .hasMessageContaining("Could not change it within 2.0 s")
          .hasMessageContaining("the server has run out of something (53200: ERROR: out of memory")
          .hasMessageContaining("start the run again");
      assertThat(told).singleElement().asString().contains("53200");

      database.execute("drop function before.current_database()");
      guard(connection, ddl, Duration.ofMinutes(1));
    }
    assertThat(
            database.queryLong(
                "select count(*) from pg_attribute where attrelid = ? and attname = 'x'", table))
        .isEqualTo(1);
  }

  private void guard(Connection connection, Ddl ddl, Duration deadline)
      throws SQLException, InterruptedException {
    new DdlGuard(
            Timeouts.defaults().withDdlDeadline(deadline),
            Ticker.system(),
            Sleeper.system(),
            new Told(told))
        .run(connection, ddl, tx -> {});
  }
}
