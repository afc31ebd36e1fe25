package dev.backfill.internal.expand;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.backfill.model.NewRows;
import dev.backfill.testing.PostgresTest;
import dev.backfill.testing.TestDatabase;
import java.io.StringReader;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.postgresql.PGConnection;

/** What rows hold that the application writes once the column and its trigger exist. */
@PostgresTest
class CoverTriggerIT {
  static final String EXPRESSION = "case when shipped_at is null then 'pending' else 'shipped' end";

  TestDatabase database;
  Expansion expansion;

  @BeforeEach
  void table() {
    database.execute(
        "drop table if exists orders cascade", "drop schema if exists backfill cascade");
    expansion = new Expansion(database);
    database.ordersTable(10);
  }

  static Definitions status() {
    return Definitions.value("orders", "status", "varchar(32)", EXPRESSION);
  }

  String status(int id) {
    return database.queryString("select status from orders where id = ?", id);
  }

  @Test
  @DisplayName("D8: a row inserted by old code has its value")
  void fillsInsertedRows() {
    expansion.expand(status());
    database.execute("insert into orders (id, customer_id, amount) values (100, 1, 1)");
    assertThat(status(100)).isEqualTo("pending");
    assertThat(status(1)).isNull();
  }

  @Test
  @DisplayName("D8: a value that the application writes is kept")
  void keepsWhatTheApplicationWrites() {
    expansion.expand(status());
    database.execute(
        "insert into orders (id, customer_id, amount, status) values (100, 1, 1, 'held')",
        "update orders set status = 'lost', shipped_at = null where id = 1");
    assertThat(status(100)).isEqualTo("held");
    assertThat(status(1)).isEqualTo("lost");
  }

  @Test
  @DisplayName("D8: the value follows when old code changes an input, filled or not")
  void followsItsInputs() {
    expansion.expand(status());
    database.execute(
        "update orders set status = 'pending' where id = 3",
        "update orders set shipped_at = now() where id in (3, 6)");
    assertThat(status(3)).isEqualTo("shipped");
    assertThat(status(6)).isEqualTo("shipped");
  }

  @Test
  @DisplayName("D8: any update fills a row that has no value yet, an explicit NULL too")
  void fillsAtAnyUpdate() {
    expansion.expand(status());
    database.execute(
        "update orders set note = 'x' where id = 1",
        "update orders set status = null where id = 2",
        "insert into orders (id, customer_id, amount, status) values (100, 1, 1, null)");
    assertThat(List.of(status(1), status(2), status(100)))
        .containsExactly("shipped", "shipped", "pending");
  }

  @Test
  @DisplayName("D8: a change of other columns leaves the value alone")
  void ignoresOtherColumns() {
    expansion.expand(status());
    database.execute(
        "update orders set status = 'held' where id = 1",
        "update orders set note = 'x', amount = 7 where id = 1");
    assertThat(status(1)).isEqualTo("held");
  }

  @ParameterizedTest
  @DisplayName("D8: an input that changes between equal values is a change")
  @CsvSource(
      delimiter = '|',
      value = {
        "numeric | 1.0 | 1.00",
        "json | {\"a\": 1} | {\"a\":1}",
        "xml | <a/> | <b/>",
        "point | (1,2) | (1,3)",
        "box | (1,1),(0,0) | (2,1),(1,0)",
        "nocase_text | a | A",
        "int[] | {1} | {2}",
        "bytea | \\x01 | \\x02",
        "float8 | 0 | -0"
      })
  void comparesInputsByWhatTheyShow(String type, String before, String after) {
    database.execute(
        "create collation if not exists nocase"
            + " (provider = icu, locale = 'und-u-ks-level2', deterministic = false)",
        "drop domain if exists nocase_text",
        "create domain nocase_text as text collate nocase",
        "alter table orders add column input " + type);
    expansion.expand(Definitions.value("orders", "shown", "text", "coalesce(input::text, '')"));
    database.update("update orders set input = cast(? as " + type + ") where id = 1", before);
    database.update("update orders set input = cast(? as " + type + ") where id = 1", after);
    assertThat(database.queryString("select shown from orders where id = 1"))
        .isEqualTo(database.queryString("select input::text from orders where id = 1"));
  }

  @Test
  @DisplayName("D14: rows written under session_replication_role = replica are covered")
  void firesForReplicatedRows() {
    expansion.expand(status());
    database.execute(
        """
        begin;
        set local session_replication_role = replica;
        insert into orders (id, customer_id, amount) values (100, 1, 1);
        update orders set shipped_at = null where id = 1;
        commit
        """);
    assertThat(status(100)).isEqualTo("pending");
    assertThat(status(1)).isEqualTo("pending");
  }

  @Test
  @DisplayName("D15: runs after user triggers that change what it reads")
  void runsLast() {
    database.execute(
        """
        create or replace function ship() returns trigger language plpgsql as
          $$ begin new.shipped_at := now(); return new; end $$
        """,
        "create trigger zzz before insert or update of touched on orders"
            + " for each row execute function ship()",
        "create trigger \"~~a\" before insert on orders for each row execute function ship()");
    expansion.expand(status());
    database.execute(
        "insert into orders (id, customer_id, amount) values (100, 1, 1)",
        "update orders set touched = 1 where id = 3");
    assertThat(status(100)).isEqualTo("shipped");
    assertThat(status(3)).isEqualTo("shipped");
  }

  @Test
  @DisplayName("D15: rows that arrive by COPY are covered")
  void coversCopy() throws SQLException {
    expansion.expand(status());
    try (Connection connection = database.direct().getConnection()) {
      connection
          .unwrap(PGConnection.class)
          .getCopyAPI()
          .copyIn(
              "copy orders (id, customer_id, amount, shipped_at) from stdin",
              new StringReader("100\t1\t1\t\\N\n101\t1\t1\t2026-01-01\n"));
    } catch (java.io.IOException e) {
      throw new SQLException(e);
    }
    assertThat(List.of(status(100), status(101))).containsExactly("pending", "shipped");
  }

  @Test
  @DisplayName("D15: ON CONFLICT DO UPDATE fills, and recomputes what it changes")
  void coversUpserts() {
    expansion.expand(status());
    database.execute(
        "update orders set status = 'pending' where id = 3",
        """
        insert into orders (id, customer_id, amount, shipped_at)
        select i, 1, 1, now() from unnest(array[3, 6, 100]) i
        on conflict (id) do update set shipped_at = excluded.shipped_at
        """);
    assertThat(List.of(status(3), status(6), status(100)))
        .containsExactly("shipped", "shipped", "shipped");
  }

  @Test
  @DisplayName("D15: beside generated columns, the value is right")
  void worksBesideGeneratedColumns() {
    database.execute(
        "alter table orders add column twice numeric generated always as (amount * 2) stored");
    expansion.expand(
        Definitions.value("orders", "fee", "numeric(12,2)", "orders.amount * 0.1 + customer_id"));
    database.execute(
        "insert into orders (id, customer_id, amount) values (100, 1, 10)",
        "update orders set amount = 20 where id = 100");
    assertThat(database.queryString("select fee || ' ' || twice from orders where id = 100"))
        .isEqualTo("3.00 40.00");
  }

  @Test
  @DisplayName("D15: every partition is covered: those there, one attached later, rows that move")
  void coversPartitions() {
    database.execute(
        "drop table orders",
        "create table orders (id int, region text, amount int, primary key (id, region))"
            + " partition by list (region)",
        "create table orders_b (amount int, junk int, region text not null, id int not null)",
        "alter table orders_b drop column junk",
        "create table orders_a partition of orders for values in ('a')",
        "alter table orders attach partition orders_b for values in ('b')",
        "insert into orders values (1, 'a', 1)");
    expansion.expand(Definitions.value("orders", "fee", "text", "orders.region || orders.amount"));
    database.execute(
        "create table orders_c partition of orders for values in ('c')",
        "create table orders_d (region text not null, id int not null, amount int, fee text)",
        "alter table orders attach partition orders_d for values in ('d')",
        """
        begin;
        set local session_replication_role = replica;
        insert into orders values (2, 'a', 2), (3, 'b', 3), (4, 'c', 4), (5, 'd', 5);
        update orders set amount = 7, region = 'b' where id = 1;
        commit
        """);
    assertThat(database.queryStrings("select fee from orders order by id"))
        .containsExactly("b7", "a2", "b3", "c4", "d5");
    assertThat(
            database.queryStrings(
                "select distinct tgenabled from pg_trigger where tgname like '~~backfill%'"))
        .containsExactly("A");
  }

  @Test
  void leavesOutRowsForWhichTheConditionDoesNotHold() {
    expansion.expand(status().where("customer_id > 5 -- only those"));
    database.execute(
        "insert into orders (id, customer_id, amount) values (100, 1, 1), (101, 6, 1)",
        "update orders set note = 'x' where id in (1, 6)");
    assertThat(status(100)).isNull();
    assertThat(status(1)).isNull();
    assertThat(List.of(status(101), status(6))).containsExactly("pending", "pending");
    database.execute("update orders set customer_id = 7 where id = 100");
    assertThat(status(100)).isEqualTo("pending");
    database.execute("update orders set customer_id = 1, shipped_at = now() where id = 100");
    assertThat(status(100)).isEqualTo("pending");
  }

  @Test
  void readsOtherTablesByASubquery() {
    database.execute(
        "create table if not exists customers (id int primary key, name text)",
        "insert into customers select g, 'name ' || g from generate_series(0, 20) g"
            + " on conflict do nothing");
    expansion.expand(
        Definitions.value(
            "orders",
            "customer_name",
            "text",
            "(select name from customers where customers.id = customer_id)"));
    database.execute("insert into orders (id, customer_id, amount) values (100, 7, 1)");
    assertThat(database.queryString("select customer_name from orders where id = 100"))
        .isEqualTo("name 7");
  }

  @Test
  void readsTheRowAsAWhole() {
    database.execute(
        "create or replace function label(o orders) returns text language sql"
            + " as $$ select o.id || '/' || o.customer_id $$");
    expansion.expand(Definitions.value("orders", "label_text", "text", "label(orders)"));
    database.execute(
        "insert into orders (id, customer_id, amount) values (100, 7, 1)",
        "update orders set customer_id = 8 where id = 100");
    assertThat(database.queryString("select label_text from orders where id = 100"))
        .isEqualTo("100/8");
  }

  @Test
  void columnsMayBeCalledLikeVariablesOfTheLanguage() {
    database.execute(
        "alter table orders add column found text default 'f', add column tg_op text default 'o',"
            + " add column \"new\" text default 'n', add column backfill_computed text default 'c'");
    expansion.expand(
        Definitions.value(
            "orders", "joined", "text", "found || tg_op || \"new\" || backfill_computed"));
    database.execute("insert into orders (id, customer_id, amount) values (100, 7, 1)");
    assertThat(database.queryString("select joined from orders where id = 100")).isEqualTo("fonc");
  }

  @Test
  void namesMeanWhatTheyMeantWhereTheDefinitionWasRun() throws SQLException {
    database.execute(
        "create schema if not exists other",
        "create or replace function fee(numeric) returns text language sql"
            + " as $$ select 'public' $$",
        "create or replace function other.fee(numeric) returns text language sql"
            + " as $$ select 'other' $$");
    expansion.expand(Definitions.value("orders", "fee", "text", "fee(amount)"));
    try (Connection connection = database.direct().getConnection();
        Statement statement = connection.createStatement()) {
      statement.execute("set search_path = other");
      statement.execute("insert into public.orders (id, customer_id, amount) values (100, 1, 1)");
    }
    assertThat(database.queryString("select fee from orders where id = 100")).isEqualTo("public");
  }

  @Test
  @DisplayName("a dump of the table can be restored: the triggers read back as they were written")
  void canBeDumped() {
    database.execute("alter table orders add column data json");
    expansion.expand(
        Definitions.value("orders", "shown", "text", "coalesce(data::text, '') || amount || note"));
    List<String> written = triggers();
    database.execute("drop trigger \"~~backfill_insert_shown\" on orders");
    database.execute("drop trigger \"~~backfill_update_shown\" on orders");
    written.forEach(database::execute);
    assertThat(triggers()).isEqualTo(written).hasSize(2);
  }

  private List<String> triggers() {
    return database.queryStrings(
        "select pg_get_triggerdef(oid) from pg_trigger where tgname like '~~backfill%' order by 1");
  }

  @Test
  void assignsAsAnUpdateWould() {
    database.execute(
        "drop type if exists pair", "create type pair as (a int, b text)",
        "drop type if exists mood", "create type mood as enum ('good', 'bad')");
    expansion.expand(Definitions.value("orders", "p", "pair", "row(customer_id, note)"));
    expansion.expand(Definitions.constant("orders", "m", "mood", "good").newRows(NewRows.TRIGGER));
    expansion.expand(Definitions.value("orders", "n", "smallint", "round(amount)"));
    expansion.expand(Definitions.value("orders", "a", "bigint[]", "array[customer_id]"));
    database.execute(
        "insert into orders (id, customer_id, amount, note) values (100, 7, 1.5, 'x')");
    assertThat(database.queryString("select concat_ws(' ', p, m, n, a) from orders where id = 100"))
        .isEqualTo("(7,x) good 2 {7}");
    assertThatThrownBy(() -> database.execute("update orders set amount = 70000 where id = 100"))
        .hasMessageContaining("smallint out of range");
  }

  @Test
  @DisplayName("a writer needs no right on the state schema or the function")
  void worksForWhoeverWritesTheTable() throws SQLException {
    expansion.expand(status());
    database.execute(
        "revoke all on schema backfill from public",
        "revoke all on all functions in schema backfill from public");
    try (Connection connection =
            database.role("writer", "select, insert, update on orders").getConnection();
        Statement statement = connection.createStatement()) {
      statement.execute("insert into orders (id, customer_id, amount) values (100, 7, 1)");
      statement.execute("update orders set shipped_at = now() where id = 100");
    }
    assertThat(status(100)).isEqualTo("shipped");
  }

  @Test
  void takesBracesAndQuestionMarksAsTheyAre() {
    expansion.expand(
        Definitions.value(
            "orders", "braces", "text", "'{fn now()} ?' || $${d '2026-01-01'}$$ || note"));
    database.execute("insert into orders (id, customer_id, amount, note) values (100, 7, 1, 'n')");
    assertThat(database.queryString("select braces from orders where id = 100"))
        .isEqualTo("{fn now()} ?{d '2026-01-01'}n");
  }

  @Test
  void isDroppedWithoutATrace() {
    expansion.expand(status());
    expansion.dropCover(expansion.check(status()));
    expansion.dropCover(expansion.check(status()));
    assertThat(triggers()).isEmpty();
    assertThat(
            database.queryLong(
                "select count(*) from pg_proc p where pronamespace = 'backfill'::regnamespace"))
        .isZero();
  }

  @Test
  void longColumnNamesFit() {
    String column = "ä".repeat(31);
    expansion.expand(Definitions.value("orders", column, "text", "note || ''"));
    expansion.expand(Definitions.value("orders", column.substring(1), "text", "note || ''"));
    database.execute("insert into orders (id, customer_id, amount, note) values (100, 7, 1, 'n')");
    assertThat(database.queryString("select " + column + " from orders where id = 100"))
        .isEqualTo("n");
    assertThat(triggers()).hasSize(4);
  }

  @Test
  void createsAgainWhatIsMissingOrDifferent() {
    expansion.expand(status());
    assertThat(expansion.expand(status())).isEmpty();
    database.execute("alter table orders disable trigger \"~~backfill_insert_status\"");
    assertThat(expansion.expand(status())).isNotEmpty();
    database.execute("drop trigger \"~~backfill_update_status\" on orders");
    assertThat(expansion.expand(status())).isNotEmpty();
    assertThat(triggers()).hasSize(2);
    expansion.expand(
        Definitions.value("orders", "status", "varchar(32)", EXPRESSION + " || customer_id"));
    database.execute("update orders set customer_id = 77 where id = 1");
    assertThat(status(1)).isEqualTo("shipped77");
    assertThat(triggers()).hasSize(2);
  }

  @Test
  void theFunctionHasAFixedSearchPathAndTheRightsOfWhoeverWrites() {
    expansion.expand(status());
    assertThat(
            database.queryStrings(
                "select prosecdef || ' ' || array_to_string(proconfig, ',') from pg_proc"
                    + " where pronamespace = 'backfill'::regnamespace and proname ~ '^cover_'"))
        .singleElement()
        .asString()
        .startsWith("false search_path=pg_catalog, ")
        .endsWith(", pg_temp");
  }
}
