package dev.backfill;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.backfill.event.BackfillEvent;
import dev.backfill.model.BackfillResult;
import dev.backfill.model.BatchSize;
import dev.backfill.model.NewRows;
import dev.backfill.model.PreflightException;
import dev.backfill.model.RunState;
import dev.backfill.model.Stripes;
import dev.backfill.testing.PostgresTest;
import dev.backfill.testing.TestDatabase;
import dev.backfill.testing.UpdateAudit;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@PostgresTest
class KeyTypesIT {
  private static final int ROWS = 3_000;

  TestDatabase database;

  @BeforeEach
  void clean() {
    database.execute(
        "drop schema if exists backfill cascade", "drop table if exists keyed cascade");
  }

  /** Small batches, so that the checkpoint is written and read back many times within a window. */
  private BackfillResult fill(int rows) {
    UpdateAudit audit = UpdateAudit.install(database, "keyed", "filled");
    BackfillResult result =
        Backfill.column("keyed", "filled")
            .type("bigint")
            .value("n * 2")
            .batchSize(BatchSize.fixed(37))
            .on(database.dataSource())
            .run();
    assertThat(result.state()).isEqualTo(RunState.DONE);
    assertThat(database.queryLong("select count(*) from keyed where filled is distinct from n * 2"))
        .isZero();
    audit.assertEachRowOnce(rows);
    return result;
  }

  @ParameterizedTest(name = "T4, T6, T7, D4: a key of type {0} round-trips through the checkpoint")
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "bigint | n - 1500",
        "uuid | md5(n::text)::uuid",
        "text collate \"C\" | concat(chr(48 + n % 70), '''\"\\ ü€', n)",
        "text collate \"en-x-icu\" | concat(case n % 2 when 0 then 'a' else 'B' end, n)",
        "text collate ignoring_case | concat('Ключ ', n)",
        "timestamptz | '2026-01-01 00:00:00.000001Z'::timestamptz + n * interval '1 microsecond'",
        "numeric | (n / 7.0)::numeric(20, 10)",
        "bytea | decode(md5(n::text), 'hex')",
        "size | concat('size ', n)::size",
      })
  void anyKey(String type, String value) {
    database.execute(
        "create collation if not exists ignoring_case"
            + " (provider = icu, locale = 'und-u-ks-level2', deterministic = false)",
        "drop type if exists size",
        // In an order that is not that of the labels.
        "do $$ begin execute (select 'create type size as enum (' || string_agg(quote_literal("
            + "'size ' || n), ', ' order by md5(n::text)) || ')' from generate_series(1, "
            + ROWS
            + ") n); end $$",
        "create table keyed (k " + type + " primary key, n int not null)",
        "insert into keyed select " + value + ", n from generate_series(1, " + ROWS + ") n");
    fill(ROWS);
  }

  @Test
  @DisplayName("T4: a composite key")
  void compositeKey() {
    database.execute(
        "create table keyed (a int, b text, c date, n int not null, primary key (a, b, c))",
        "insert into keyed select n % 7, 'k' || n % 11, date '2026-01-01' + n, n"
            + " from generate_series(1, 3000) n");
    fill(ROWS);
  }

  @Test
  @DisplayName("T12: without a primary key a unique index on NOT NULL columns serves")
  void uniqueIndex() {
    database.execute(
        "create table keyed (k int not null, n int not null)",
        "insert into keyed select n, n from generate_series(1, 3000) n",
        "create unique index on keyed (k desc)");
    fill(ROWS);
  }

  @Test
  @DisplayName("T12: a nullable key is refused, with what would do")
  void nullableKey() {
    database.execute(
        "create table keyed (k int unique, n int not null)", "insert into keyed values (1, 1)");
    assertThatThrownBy(this::fillPlainly)
        .isInstanceOf(PreflightException.class)
        .hasMessageContaining("may be NULL")
        .hasMessageContaining("primary key");
    assertThat(database.queryLong("select count(*) from pg_attribute where attname = 'filled'"))
        .isZero();
  }

  private void fillPlainly() {
    Backfill.column("keyed", "filled").type("bigint").value("n").on(database.dataSource()).run();
  }

  @Test
  @DisplayName("T11: gaps in the ids cost nothing")
  void gaps() {
    database.execute(
        "create table keyed (k bigint primary key, n int not null)",
        "insert into keyed select case when n <= 1000 then n else 1000000000000000 + n * 977 end, n"
            + " from generate_series(1, 3000) n");
    assertThat(fill(ROWS).batches()).isLessThan(ROWS / 37 * 4);
  }

  @ParameterizedTest(name = "T6, T11: {3} {0} keys without gaps from {1} on, and one far away")
  @CsvSource({
    "smallint, -32768, 32767, asc",
    "integer, -2147483648, 2147483647, asc",
    "integer, 2147480649, -2147483648, asc",
    "integer, 2147480649, -2147483648, desc",
    "bigint, -9223372036854775808, 9223372036854775807, asc",
    "bigint, -9223372036854775808, 9223372036854775807, desc",
    "bigint, 9223372036854772809, -9223372036854775808, desc"
  })
  void numbersAtTheEndsOfTheirType(String type, String first, String farAway, String order) {
    database.execute(
        "create table keyed (k " + type + " not null, n int not null)",
        "insert into keyed select '"
            + first
            + "'::"
            + type
            + " + n, n from generate_series(0, 2998) n",
        "insert into keyed values ('" + farAway + "', 2999)",
        "create unique index on keyed (k " + order + ")");
    fill(ROWS);
  }

  @Test
  @DisplayName("T13: keys of 100 kB")
  void hugeKeys() {
    database.execute(
        "create table keyed (k text primary key, n int not null)",
        "insert into keyed select repeat('x', 100000) || n, n from generate_series(1, 200) n");
    fill(200);
  }

  @Test
  @DisplayName("T13: a window ends where it should, however many cuts were too long to be kept")
  void longKeysInManyCuts() throws InterruptedException {
    database.execute(
        "create table keyed (k text primary key, n int not null)",
        "insert into keyed select lpad(n::text, 90, '0'), n from generate_series(1, 260000) n");
    CountDownLatch claimed = new CountDownLatch(1);

    try (BackfillRun run =
        Backfill.column("keyed", "filled")
            .type("bigint")
            .value("n")
            .newRows(NewRows.application())
            .stripes(Stripes.off())
            .batchSize(BatchSize.fixed(5))
            .listener(
                event -> {
                  if (event instanceof BackfillEvent.WindowClaimed) {
                    claimed.countDown();
                  }
                })
            .on(database.dataSource())
            .start()) {
      assertThat(claimed.await(2, TimeUnit.MINUTES)).isTrue();
      run.stop();
    }

    assertThat(database.queryLong("select hi[1]::bigint from backfill.run_window where number = 1"))
        .isBetween(150_000L, 200_000L);
  }
}
