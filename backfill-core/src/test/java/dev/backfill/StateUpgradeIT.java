package dev.backfill;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.backfill.event.BackfillEvent;
import dev.backfill.model.BackfillResult;
import dev.backfill.model.BatchSize;
import dev.backfill.model.RunFailedException;
import dev.backfill.model.RunState;
import dev.backfill.testing.NeedsSuperuser;
import dev.backfill.testing.PostgresTest;
import dev.backfill.testing.TestDatabase;
import dev.backfill.testing.UpdateAudit;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import javax.sql.DataSource;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** State that an earlier version of the library has written. */
@PostgresTest
class StateUpgradeIT {
  private static final int ROWS = 20_000;
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  TestDatabase database;

  private final CountDownLatch firstBatch = new CountDownLatch(1);

  @BeforeEach
  void fresh() {
    database.execute(
        "drop schema if exists backfill cascade", "drop table if exists orders cascade");
  }

  private BackfillBuilder code() {
    return Backfill.column("orders", "code")
        .type("text")
        .value("md5('x')")
        .batchSize(BatchSize.fixed(100))
        .listener(
            event -> {
              if (event instanceof BackfillEvent.BatchCommitted) {
                firstBatch.countDown();
              }
            });
  }

  @Test
  @DisplayName("C10: a run that a version with the first format has half done goes on from there")
  void theFirstFormat() throws Exception {
    database.ordersTable(ROWS);
    UpdateAudit audit = UpdateAudit.install(database, "orders", "code");
    try (BackfillRun run = code().maxRowsPerSecond(1_000).on(database.dataSource()).start()) {
      assertThat(firstBatch.await(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
      assertThat(run.completion()).isNotDone();
    }
    long filled = audit.updates();
    assertThat(filled).isBetween(1L, ROWS - 1L);
    asTheFirstFormatHasIt();

    BackfillResult result = code().on(database.dataSource()).run();

    assertThat(result.state()).isEqualTo(RunState.DONE);
    assertThat(result.rows()).isEqualTo(ROWS);
    audit.assertEachRowOnce(ROWS);
    assertThat(database.queryLong("select max(version) from backfill.state_version")).isEqualTo(2);
    assertThat(database.queryLong("select epoch from backfill.run")).isEqualTo(2);
    assertThat(database.queryLong("select count(*) from backfill.event where kind = 'stopped'"))
        .isOne();
  }

  @Test
  @DisplayName("E4: who may not upgrade the state of another role is told whose it is")
  @NeedsSuperuser("has state that belongs to a superuser, who is no stranger to its role")
  void theFirstFormatOfAnotherRole() throws IOException {
    database.execute("create schema backfill", script().replace("${schema}", "backfill"));
    database.ordersTable(20);
    DataSource other =
        database.role(
            "state_user",
            "usage, create on schema backfill",
            "select, insert, update, delete on all tables in schema backfill");
    database.execute("alter table orders owner to state_user");
    String owner =
        database.queryString(
            "select quote_ident(tableowner) from pg_tables where schemaname = 'backfill' limit 1");

    assertThatThrownBy(() -> code().on(other).run())
        .isInstanceOf(RunFailedException.class)
        .hasMessageContainingAll("only its owner " + owner, "Nothing was changed");
    assertThat(
            database.queryLong(
                "select count(*) from pg_attribute where attrelid = 'orders'::regclass"
                    + " and attname = 'code'"))
        .isZero();
  }

  /** The same rows in the tables of the first format. */
  private void asTheFirstFormatHasIt() throws IOException {
    database.execute("alter schema backfill rename to newer", "create schema backfill");
    database.execute(script().replace("${schema}", "backfill"));
    for (String table : List.of("run", "run_window", "event")) {
      String columns =
          database.queryString(
              "select string_agg(quote_ident(column_name), ', ') from information_schema.columns"
                  + " where table_schema = 'backfill' and table_name = ? and is_identity = 'NO'",
              table);
      assertThat(
              database.update(
                  "insert into backfill.%1$s (%2$s) select %2$s from newer.%1$s"
                      .formatted(table, columns)))
          .isPositive();
    }
    database.execute("drop schema newer cascade");
  }

  private static String script() throws IOException {
    try (InputStream script =
        Backfill.class.getResourceAsStream("/dev/backfill/internal/checkpoint/v1.sql")) {
      return new String(Objects.requireNonNull(script).readAllBytes(), StandardCharsets.UTF_8);
    }
  }
}
