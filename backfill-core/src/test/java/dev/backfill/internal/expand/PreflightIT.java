package dev.backfill.internal.expand;

import static dev.backfill.internal.expand.Definitions.computed;
import static dev.backfill.internal.expand.Definitions.constant;
import static dev.backfill.internal.expand.Definitions.value;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.backfill.internal.postgres.Target;
import dev.backfill.model.NewRows;
import dev.backfill.model.PreflightException;
import dev.backfill.testing.PostgresTest;
import dev.backfill.testing.TestDatabase;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What is refused, each with what to do, and that nothing is changed by it. */
@PostgresTest
class PreflightIT {
  TestDatabase database;
  Expansion expansion;
  List<String> before;

  @BeforeAll
  static void orders(TestDatabase database) {
    database.ordersTable(300);
  }

  @BeforeEach
  void look() {
    expansion = new Expansion(database);
    before = SchemaImage.of(database);
  }

  @AfterEach
  void nothingWasChanged() {
    assertThat(SchemaImage.of(database)).isEqualTo(before);
  }

  /** To be called after a test's own tables are made. */
  void given(String... statements) {
    database.execute(statements);
    before = SchemaImage.of(database);
  }

  void refused(Definitions definition, String... parts) {
    assertThatThrownBy(() -> expansion.check(definition))
        .isInstanceOf(PreflightException.class)
        .hasMessageContaining("nothing was changed")
        .hasMessageContainingAll(parts);
  }

  @Nested
  class Tables {

    @Test
    void thatDoNotExist() {
      refused(value("nowhere", "c", "int", "1"), "no table \"nowhere\" on the search path");
      refused(value("ORDERS", "c", "int", "1"), "Did you mean public.orders?");
      refused(
          value("orders", "c", "int", "1").schema("elsewhere"),
          "no table \"elsewhere\".\"orders\"");
    }

    @Test
    void thatAreNone() {
      given(
          "create view a_view as select 1 as id",
          "create materialized view a_matview as select 1 as id",
          "create sequence a_sequence");
      refused(value("a_view", "c", "int", "1"), "is a view", "table behind it");
      refused(value("a_matview", "c", "int", "1"), "is a materialized view");
      refused(value("a_sequence", "c", "int", "1"), "no table");
      refused(value("pg_class", "c", "int", "1"), "belongs to the system");
    }

    @Test
    @DisplayName("D5: a foreign table, and a partition that is one, by name")
    void thatAreForeign() {
      given(
          "create extension if not exists postgres_fdw",
          "create server there foreign data wrapper postgres_fdw",
          "create foreign table abroad (id int) server there",
          "create table mixed (id int primary key, n int) partition by range (id)",
          "create table mixed_here partition of mixed for values from (0) to (10)");
      refused(value("abroad", "c", "int", "1"), "is a foreign table");
      given(
          "create table mixed_plain (id int not null, n int) partition by range (id)",
          "create foreign table \"Mixed There\" partition of mixed_plain"
              + " for values from (10) to (20) server there");
      refused(value("mixed_plain", "c", "int", "n"), "\"public\".\"Mixed There\"", "Detach it");
    }

    @Test
    @DisplayName("D13: an inheritance parent that is not partitioned")
    void thatAreInherited() {
      given("create table base (id int primary key)", "create table derived () inherits (base)");
      refused(value("base", "c", "int", "id"), "inheritance parent", "for each child");
    }

    @Test
    void thatAreAPartitionThemselves() {
      given(
          "create table whole (id int primary key) partition by list (id)",
          "create table part partition of whole for values in (1)");
      refused(value("part", "c", "int", "id"), "is a partition", "Name the parent");
    }

    @Test
    void thatCannotGetAColumn() {
      given(
          "create type shape as (id int, n int)",
          "create table typed of shape (primary key (id))",
          "create table ruled (id int primary key)",
          "create rule quiet as on update to ruled do instead nothing");
      refused(value("typed", "c", "int", "id"), "OF a type", "ALTER TYPE");
      refused(value("ruled", "c", "int", "id"), "rule ON UPDATE", "Drop or disable it");
    }

    @Test
    @DisplayName("D11: a table in a publication, unless that is acknowledged")
    void thatArePublished() {
      given(
          "create table published (id int primary key)",
          "create publication \"Every Day\" for table published");
      refused(value("published", "c", "int", "id"), "publication \"Every Day\"", "publishedTable");
      expansion.check(value("published", "c", "int", "id").publishedTableAcknowledged());
      given("drop publication \"Every Day\"");
    }

    @Test
    @DisplayName("T12: without a key to page by, with the keys that would do")
    void withoutAKey() {
      given(
          "create table keyless (id int, n int not null, m int not null)",
          "create unique index nullable_id on keyless (id)",
          "create index plain_n on keyless (n)");
      refused(
          value("keyless", "c", "int", "id"), "no key", "\"nullable_id\"", "\"id\" may be NULL");
      refused(value("keyless", "c", "int", "id").key("n"), "\"plain_n\"", "not unique");
      given("create unique index m_key on keyless (m)");
      refused(value("keyless", "c", "int", "id").key("id"), "\"m_key\" on (\"m\") would do");
      refused(value("keyless", "c", "int", "id").key("nope"), "\"nope\"", "does not have");
      assertThat(expansion.check(value("keyless", "c", "int", "n")).target().key().index())
          .isEqualTo("m_key");
    }
  }

  @Nested
  class Columns {

    @Test
    @DisplayName("D13: generated and identity ALWAYS")
    void thatPostgresWrites() {
      given(
          "create table made (id int primary key, g int generated always as (id) stored,"
              + " i int generated always as identity)");
      refused(value("made", "g", "int", "id"), "generated column");
      refused(value("made", "i", "int", "id"), "GENERATED ALWAYS AS IDENTITY");
    }

    @Test
    void ofAnotherType() {
      refused(
          constant("orders", "note", "varchar(32)", "x"),
          "exists with type text",
          "character varying(32)");
    }

    @ParameterizedTest
    @CsvSource(
        delimiter = '|',
        value = {
          "text|text",
          "int|integer",
          "varchar( 32 )|character varying(32)",
          "pg_catalog.varchar(32)|character varying(32)",
          "decimal(5,2)|numeric(5,2)",
          "bit|bit(1)",
          "char|character(1)",
          "timestamptz(3)|timestamp(3) with time zone",
          "int[][]|integer[]",
          "int -- whole|integer"
        })
    void ofTheSameTypeInOtherWords(String written, String canonical) {
      given(
          "drop table if exists same",
          "create table same (id int primary key, c " + written + "\n)");
      Target target =
          expansion
              .check(computed("same", "c", written, "id").newRows(NewRows.APPLICATION))
              .target();
      assertThat(target.columnType()).isEqualTo(canonical);
      assertThat(target.columnExists()).isTrue();
    }

    @Test
    void withAnotherDefault() {
      given(
          "drop table if exists defaulted",
          "create table defaulted (id int primary key, s varchar(10) default 'old',"
              + " t timestamptz default now(), u uuid default gen_random_uuid(), n int default 7)");
      refused(constant("defaulted", "s", "varchar(10)", "new"), "has the default 'old'");
      refused(value("defaulted", "t", "timestamptz", "clock_timestamp()"), "default now()");
      refused(constant("defaulted", "n", "int", 8), "has the default 7");
      expansion.check(constant("defaulted", "s", "varchar(10)", "old"));
      expansion.check(value("defaulted", "t", "timestamptz", "now()"));
      expansion.check(value("defaulted", "u", "uuid", "gen_random_uuid()"));
      expansion.check(value("defaulted", "n", "int", "3 + 4"));
      expansion.check(
          constant("defaulted", "s", "varchar(10)", "new").newRows(NewRows.APPLICATION));
    }

    @Test
    void withNamesThatPostgresWouldNotTake() {
      refused(value("orders", "xmin", "int", "1"), "name of a system column");
      refused(value("orders", "ä".repeat(32), "int", "1"), "longer than 63 bytes");
    }

    @Test
    @DisplayName("D12: a NOT NULL that is not yet valid is read as that")
    void withNotNullNotValid() {
      String notNull =
          database.serverMajor() >= 18
              ? "alter table pending add constraint nn not null c not valid"
              : "alter table pending add constraint nn check (c is not null) not valid";
      given(
          "create table pending (id int primary key, c int)",
          "insert into pending values (1, null)",
          notNull);
      var column = expansion.check(value("pending", "c", "int", "id")).target().table().column("c");
      assertThat(column.orElseThrow().notNull()).isFalse();
      assertThat(column.orElseThrow().notNullNotValid()).isEqualTo(database.serverMajor() >= 18);
    }

    @Test
    void thatIdentityFillsNeedNoCover() {
      given("create table numbered (id int primary key, n int generated by default as identity)");
      assertThat(expansion.check(value("numbered", "n", "int", "id")).cover())
          .isInstanceOf(Cover.None.class);
    }
  }

  @Nested
  class Types {

    @ParameterizedTest
    @ValueSource(
        strings = {
          "nope",
          "int; drop table orders",
          "int not null",
          "int default 3",
          "text collate \"C\"",
          "int) , (select 1",
          "",
          "setof int",
          "serial",
          "bigserial"
        })
    void thatAreNone(String type) {
      refused(value("orders", "c", type, "1"), "\"" + type + "\" is no type of this database");
    }

    @Test
    void thatNoColumnCanHave() {
      refused(value("orders", "c", "anyelement", "1"), "pseudo-type");
      refused(value("orders", "c", "orders", "null"), "row type of the table itself");
      refused(value("orders", "c", "varchar(0)", "'1'"), "no type", "at least 1");
    }

    @Test
    @DisplayName("D9: domains with a constraint, NOT NULL or a default; others are fine")
    void thatAreConstrainedDomains() {
      given(
          "create domain positive as int check (value > 0)",
          "create domain present as int not null",
          "create domain zero as int default 0",
          "create domain nested as positive",
          "create domain plain as varchar(5)");
      for (String domain : List.of("positive", "present", "zero", "nested")) {
        refused(value("orders", "c", domain, "id"), "is a domain", "Use integer instead", "CHECK");
      }
      assertThat(expansion.check(value("orders", "c", "plain", "'x'")).target().columnType())
          .isEqualTo("plain");
      refused(constant("orders", "c", "plain", "123456"), "too long");
    }
  }

  @Nested
  class Expressions {

    @ParameterizedTest
    @ValueSource(
        strings = {
          "-- nothing",
          "amount *",
          "(amount",
          "amount)",
          "1; drop table orders",
          "1) from orders; drop table orders; select (1",
          "1), (2",
          "1) union select (2",
          "amount, id",
          "'open",
          "/* open",
          "$1",
          "count(*)",
          "row_number() over ()",
          "generate_series(1, 2)",
          "nope",
          "orders.nope",
          "nope.amount",
          "nope(amount)",
          "(select amount from nowhere)",
          "ctid",
          "default",
          "insert into orders default values",
          "amount as x",
          "1 from orders"
        })
    void thatAreNotOne(String sql) {
      refused(value("orders", "c", "text", sql), "The value", sql);
      refused(value("orders", "c", "text", "note").where(sql), "where", sql);
    }

    @Test
    void ofNoCondition() {
      refused(
          value("orders", "c", "text", "note").where("amount"), "type numeric, not a condition");
      expansion.check(value("orders", "c", "text", "note").where("'true'"));
    }

    @Test
    void thatReadTheColumnToFill() {
      refused(value("orders", "note", "text", "note || 'x'"), "reads \"note\"", "Leave it out");
      refused(value("orders", "c", "text", "coalesce(c, 'x')"), "reads \"c\"");
      refused(value("orders", "c", "text", "note").where("c is null"), "where reads \"c\"");
      refused(computed("orders", "c", "text", "c"), "function reads \"c\"");
    }

    @ParameterizedTest
    @CsvSource(
        delimiter = '|',
        quoteCharacter = '"',
        value = {
          "int|note|text",
          "boolean|id|bigint",
          "date|note::varchar|character varying",
          "jsonb|note|text",
          "int[]|array[note]|text[]",
          "int|(id, amount)|record"
        })
    void ofATypeThatIsNotAssigned(String type, String sql, String shown) {
      refused(value("orders", "c", type, sql), "of type " + shown, "Cast it");
    }

    @Test
    @DisplayName("D2: that are NULL for rows of the table, with their keys")
    void thatYieldNull() {
      refused(value("orders", "c", "timestamptz", "shipped_at"), "NULL for rows", "key (3), (6)");
      refused(value("orders", "c", "text", "null"), "NULL for rows", "key (1)");
      refused(
          value("orders", "c", "int", "case when id < 300 then 1 end"), "NULL for rows", "(300)");
      expansion.check(
          value("orders", "c", "timestamptz", "shipped_at").where("shipped_at is not null"));
    }

    @Test
    void thatFailForRowsOfTheTable() {
      refused(
          value("orders", "c", "numeric", "1 / (id - 7)"),
          "fails for rows",
          "key (7): division by zero");
      refused(value("orders", "c", "numeric", "1 / (id - 300)"), "fails for rows", "key (300)");
      refused(
          value("orders", "c", "varchar(8)", "note"),
          "fails for rows",
          "key (1), (2), (3), (4), (5): value too long");
      refused(value("orders", "c", "smallint", "id * 100000"), "fails for rows", "out of range");
      refused(value("orders", "c", "text", "(1 / 0)::text"), "division by zero");
    }

    @Test
    void besideColumnsThatMayNotBeNull() {
      given(
          "create domain filled as text not null",
          "create table strict (id int primary key, f filled, g filled default 'g')",
          "insert into strict values (1, 'f')");
      assertThat(inputs(value("strict", "c", "text", "f || 'x'"))).containsExactly("f");
      refused(value("strict", "c", "text", "nullif(strict.f, 'f')"), "key (1)");
    }

    @Test
    void withAConditionThatFails() {
      refused(
          value("orders", "c", "text", "note").where("1 / (id - 7) > -5"), "key (7)", "or where");
    }

    @Test
    void ofWhichTheKeyHasSeveralColumns() {
      given(
          "create table pairs (b text, a int, primary key (a, b))",
          "insert into pairs values ('x', 1), ('it''s', 2)");
      refused(value("pairs", "c", "int", "nullif(a, 2)"), "key (2, it's)");
    }

    @Test
    void withCommentsOrWithWhatJdbcTakesForItsOwn() {
      expansion.check(value("orders", "c", "text", "note -- the note"));
      expansion.check(value("orders", "c", "text", "note /* the note */"));
      expansion.check(value("orders", "c", "boolean", "'{\"a\": 1}'::jsonb ? 'a'"));
      expansion.check(value("orders", "c", "text", "'{d} {fn x()}' || orders.note"));
    }

    @Test
    void thatWriteAreOnlyWarnedOf() {
      given("create sequence if not exists numbers");
      assertThat(expansion.check(value("orders", "c", "bigint", "nextval('numbers')")).warnings())
          .anyMatch(w -> w.contains("was not tried") && w.contains("nextval"));
    }

    @Test
    @DisplayName("names like the table's or a keyword's mean the column")
    void withConfusingNames() {
      given(
          "create table status (id int primary key, status text, \"select\" text, \"Order\" int)",
          "insert into status values (1, 's', 't', 2)");
      assertThat(inputs(value("status", "c", "text", "status || 'x'"))).containsExactly("status");
      assertThat(inputs(value("status", "c", "text", "status.status"))).containsExactly("status");
      assertThat(inputs(value("status", "c", "text", "\"select\""))).containsExactly("select");
      assertThat(inputs(value("status", "c", "text", "\"Order\" || (id::text)")))
          .containsExactly("id", "Order");
    }

    @Test
    void areAskedForTheirInputs() {
      assertThat(inputs(value("orders", "c", "numeric", "orders.amount + customer_id")))
          .containsExactly("customer_id", "amount");
      assertThat(inputs(value("orders", "c", "text", "row_to_json(orders)::text"))).hasSize(7);
      assertThat(
              inputs(
                  value(
                      "orders",
                      "c",
                      "bigint",
                      "(select count(*) from orders o where o.id < orders.id and amount > 0)")))
          .containsExactly("id");
      assertThat(inputs(value("orders", "c", "text", "'a'").where("touched = 0")))
          .containsExactly("touched");
      assertThat(inputs(value("orders", "c", "text", "u&\"n\\006fte\""))).containsExactly("note");
    }

    private List<String> inputs(Definitions definition) {
      return ((Cover.ByTrigger) expansion.check(definition).cover()).inputs();
    }
  }

  @Nested
  class Constants {

    @Test
    void thatTheTypeDoesNotTake() {
      refused(constant("orders", "c", "int", "many"), "'many' is no integer", "invalid input");
      refused(constant("orders", "c", "varchar(3)", "long"), "is no character varying(3)", "long");
      refused(constant("orders", "c", "char(3)", "long"), "is no character(3)");
      refused(constant("orders", "c", "bit(3)", "1"), "is no bit(3)");
      refused(constant("orders", "c", "smallint", 70000), "out of range");
      refused(constant("orders", "c", "timestamptz", "now"), "another timestamp with time zone");
    }

    @ParameterizedTest
    @DisplayName("D2: false, 0, '', [] and a JSON null are values")
    @CsvSource(
        delimiter = '|',
        quoteCharacter = '"',
        value = {
          "boolean|false",
          "int|0",
          "text|\"\"",
          "jsonb|[]",
          "jsonb|null",
          "varchar(3)|abc ",
          "bytea|\\x00",
          "text|it's \\ so"
        })
    void thatAreValues(String type, String text) {
      Prepared prepared = expansion.check(constant("orders", "c", type, text));
      assertThat(prepared.instant()).isTrue();
      assertThat(prepared.cover()).isInstanceOf(Cover.ByDefault.class);
    }
  }

  @Nested
  class Covers {

    @Test
    void ofAJavaFunctionCanOnlyBeTheApplication() {
      refused(computed("orders", "c", "text", "note"), "Java function", "newRows(application())");
      refused(computed("orders", "c", "text", "note").newRows(NewRows.TRIGGER), "Java function");
      refused(
          computed("orders", "c", "text", "note").newRows(NewRows.COLUMN_DEFAULT), "Java function");
      refused(
          computed("orders", "c", "text", "nope").newRows(NewRows.APPLICATION),
          "\"nope\"",
          "does not have");
      assertThat(
              expansion
                  .check(computed("orders", "c", "text", "note").newRows(NewRows.APPLICATION))
                  .cover())
          .isInstanceOf(Cover.ByApplication.class);
    }

    @Test
    void byADefaultNeedAValueThatReadsNothing() {
      refused(
          value("orders", "c", "text", "note").newRows(NewRows.COLUMN_DEFAULT),
          "the value reads \"note\"",
          "newRows(trigger())");
      refused(
          value("orders", "c", "text", "(select 'x')").newRows(NewRows.COLUMN_DEFAULT),
          "holds a subquery");
      refused(
          constant("orders", "c", "text", "x").where("touched = 0").newRows(NewRows.COLUMN_DEFAULT),
          "where does not hold");
    }

    @Test
    void areDerived() {
      assertThat(cover(constant("orders", "c", "text", "x"))).isInstanceOf(Cover.ByDefault.class);
      assertThat(cover(value("orders", "c", "timestamptz", "now()")))
          .isInstanceOf(Cover.ByDefault.class);
      assertThat(cover(value("orders", "c", "text", "note"))).isInstanceOf(Cover.ByTrigger.class);
      assertThat(cover(value("orders", "c", "bigint", "(select count(*) from orders)")))
          .isInstanceOf(Cover.ByTrigger.class);
      assertThat(cover(constant("orders", "c", "text", "x").where("touched = 0")))
          .isInstanceOf(Cover.ByTrigger.class);
      assertThat(cover(constant("orders", "c", "text", "x").newRows(NewRows.TRIGGER)))
          .isInstanceOf(Cover.ByTrigger.class);
    }

    private Cover cover(Definitions definition) {
      return expansion.check(definition).cover();
    }

    @Test
    @DisplayName("D15: by trigger cannot read generated columns: the expression is named")
    void byATriggerCannotReadGeneratedColumns() {
      given(
          "create table doubled (id int primary key, n int,"
              + " twice int generated always as (n * 2) stored)");
      refused(
          value("doubled", "c", "int", "twice + 1"),
          "cannot read \"twice\"",
          "from instead: (n * 2)");
      refused(value("doubled", "c", "text", "doubled::text"), "cannot read \"twice\"");
      expansion.check(value("doubled", "c", "int", "twice + 1").newRows(NewRows.APPLICATION));
    }

    @Test
    @DisplayName("D15: by trigger must run last: a user trigger that sorts after is refused")
    void byATriggerMustRunLast() {
      given(
          "create table fired (id int primary key, n int) partition by list (id)",
          "create table fired_1 partition of fired for values in (1)",
          "create function nothing() returns trigger language plpgsql as 'begin return new; end'",
          "create trigger \"~~~late\" before insert on fired_1"
              + " for each row execute function nothing()",
          "create trigger \"ätsch\" before update on fired_1"
              + " for each row execute function nothing()",
          "create trigger \"~~~after\" after insert on fired_1"
              + " for each row execute function nothing()",
          "create trigger \"~~~off\" before insert on fired_1"
              + " for each row execute function nothing()",
          "alter table fired_1 disable trigger \"~~~off\"");
      assertThatThrownBy(() -> expansion.check(value("fired", "c", "int", "n")))
          .hasMessageContainingAll("\"~~~late\" of fired_1", "\"ätsch\" of fired_1", "Rename it")
          .hasMessageNotContainingAny("~~~after", "~~~off");
      expansion.check(constant("fired", "c", "int", 1));
    }

    @Test
    void warnOfWhatTheyCost() {
      assertThat(expansion.check(value("orders", "c", "text", "note")).warnings())
          .anyMatch(w -> w.contains("20 to 85 %"))
          .anyMatch(w -> w.contains("cached plan must not change result type"));
      assertThat(expansion.check(constant("orders", "c", "text", "x").batched()).warnings())
          .anyMatch(w -> w.contains("defeats its default"));
      assertThat(expansion.check(constant("orders", "c", "text", "x")).warnings())
          .anyMatch(w -> w.startsWith("Instant"));
      assertThat(expansion.check(value("orders", "c", "timestamptz", "now()")).warnings())
          .anyMatch(w -> w.contains("each batch its own time"));
      assertThat(expansion.check(value("orders", "c", "text", "note").where("id > 3")).warnings())
          .anyMatch(w -> w.contains("NOT NULL is refused"));
    }
  }

  @Test
  @DisplayName("every problem is named at once")
  void namesEveryProblem() {
    given(
        "create table bad (id int, g int generated always as (1) stored)",
        "create publication feed for table bad");
    refused(
        value("bad", "g", "nope", "1 +").where("2").key("x"),
        "publication",
        "generated column",
        "\"nope\" is no type",
        "No index",
        "The value is not one",
        "where is of type integer");
    given("drop publication feed");
  }
}
