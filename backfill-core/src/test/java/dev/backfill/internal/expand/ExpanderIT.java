package dev.backfill.internal.expand;

import static dev.backfill.internal.expand.Definitions.constant;
import static dev.backfill.internal.expand.Definitions.value;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.backfill.model.Contract;
import dev.backfill.model.NewRows;
import dev.backfill.testing.PostgresTest;
import dev.backfill.testing.TestDatabase;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Adding the column and its cover: at once, once only, and without touching a row. */
@PostgresTest
class ExpanderIT {
  TestDatabase database;
  Expansion expansion;

  @BeforeEach
  void table() {
    expansion = new Expansion(database);
    database.execute(
        "drop table if exists orders cascade", "drop schema if exists backfill cascade");
    database.ordersTable(10);
  }

  long file(String table) {
    return database.queryLong("select relfilenode from pg_class where oid = ?::regclass", table);
  }

  static Stream<Definitions> everyCover() {
    return Stream.of(
        value("orders", "c", "text", "note"),
        value("orders", "c", "timestamptz", "clock_timestamp()"),
        constant("orders", "c", "text", "x"),
        constant("orders", "c", "text", "x").batched(),
        value("orders", "c", "text", "note").newRows(NewRows.APPLICATION));
  }

  @ParameterizedTest
  @MethodSource("everyCover")
  @DisplayName("column and cover come in one transaction, or not at all")
  void isOneTransaction(Definitions definition) {
    Prepared prepared = expansion.check(definition);
    database.execute("create schema backfill");
    List<String> before = SchemaImage.of(database);
    assertThatThrownBy(
            () ->
                expansion.expand(
                    prepared,
                    tx -> {
                      throw new IllegalStateException("fenced out");
                    }))
        .hasMessage("fenced out");
    assertThat(SchemaImage.of(database)).isEqualTo(before);
    assertThat(expansion.expand(prepared, tx -> {})).isNotEmpty();
    assertThat(SchemaImage.of(database)).isNotEqualTo(before);
  }

  @ParameterizedTest
  @MethodSource("everyCover")
  @DisplayName("run again, after a crash or on another node, it finds everything done")
  void isDoneOnce(Definitions definition) {
    Prepared asOfBefore = expansion.check(definition);
    expansion.expand(definition);
    List<String> after = SchemaImage.of(database);
    assertThat(expansion.expand(definition)).isEmpty();
    assertThat(expansion.expand(asOfBefore, tx -> {})).isEmpty();
    assertThat(SchemaImage.of(database)).isEqualTo(after);
  }

  @ParameterizedTest
  @MethodSource("everyCover")
  @DisplayName("no row is written: the table keeps its file")
  void writesNoRow(Definitions definition) {
    long file = file("orders");
    long written = database.queryLong("select sum(xmin::text::bigint) from orders");
    expansion.expand(definition);
    assertThat(file("orders")).isEqualTo(file);
    assertThat(database.queryLong("select sum(xmin::text::bigint) from orders")).isEqualTo(written);
  }

  @ParameterizedTest
  @MethodSource("everyCover")
  @DisplayName("a column that somebody added before gets the cover")
  void coversAColumnThatExists(Definitions definition) {
    database.execute("alter table orders add column c " + definition.spec().type());
    expansion.expand(definition);
    database.execute("insert into orders (id, customer_id, amount, note) values (100, 1, 1, 'n')");
    boolean covered = definition.spec().options().newRows() != NewRows.APPLICATION;
    assertThat(database.queryLong("select count(c) from orders")).isEqualTo(covered ? 1 : 0);
  }

  @Nested
  class Defaults {

    @ParameterizedTest
    @CsvSource({"clock_timestamp() -- the time", "now()", "timestamptz '2026-01-01'"})
    void holdForNewRowsOnly(String sql) {
      expansion.expand(value("orders", "c", "timestamptz", sql));
      database.execute("insert into orders (id, customer_id, amount) values (100, 1, 1)");
      assertThat(database.queryStrings("select id from orders where c is not null"))
          .containsExactly("100");
    }

    @Test
    void areDroppedWithTheCover() {
      Definitions definition = value("orders", "c", "timestamptz", "now()");
      expansion.expand(definition);
      expansion.dropCover(expansion.check(definition));
      expansion.dropCover(expansion.check(definition));
      database.execute("insert into orders (id, customer_id, amount) values (100, 1, 1)");
      assertThat(database.queryLong("select count(c) from orders")).isZero();
    }

    @Test
    void ofTheUserStayThoughTheyAreTheSame() {
      database.execute("alter table orders add column c timestamptz default now()");
      Definitions definition = value("orders", "c", "timestamptz", "now()");
      assertThat(expansion.expand(definition)).isEmpty();
      expansion.dropCover(expansion.check(definition), Optional.empty());
      database.execute("insert into orders (id, customer_id, amount) values (100, 1, 1)");
      assertThat(database.queryLong("select count(c) from orders where id = 100")).isEqualTo(1);
    }

    @Test
    void holdOnEveryPartition() {
      partitioned();
      expansion.expand(constant("parts", "c", "text", "x").batched());
      database.execute("insert into parts values (3, 'a'), (4, 'b')");
      assertThat(database.queryStrings("select c from parts order by id"))
          .containsExactly(null, null, "x", "x");
    }
  }

  void partitioned() {
    database.execute(
        "drop table if exists parts",
        "create table parts (id int, region text, primary key (id, region))"
            + " partition by list (region)",
        "create table parts_a partition of parts for values in ('a')",
        "create table parts_b partition of parts for values in ('b')",
        "insert into parts values (1, 'a'), (2, 'b')");
  }

  @Nested
  class Instantly {

    @ParameterizedTest
    @CsvSource(
        delimiter = '|',
        quoteCharacter = '"',
        value = {
          "text|x",
          "text|\"\"",
          "text|it's \\ so",
          "boolean|false",
          "int|0",
          "jsonb|null",
          "jsonb|{\"a\": [1, \"?\"]}",
          "varchar(3)|abc  ",
          "int[]|{1,2}",
          "timestamptz|2026-01-01 00:00+02",
          "bytea|\\x00ff",
          "numeric(5,2)|1.5",
          "point|(1,2)",
          "uuid|00000000-0000-0000-0000-000000000001"
        })
    @DisplayName("D2: a constant is in every row, NOT NULL, and no row was written")
    void addsAConstant(String type, String text) {
      long file = file("orders");
      Definitions definition = constant("orders", "c", type, text);
      assertThat(expansion.check(definition).instant()).isTrue();
      expansion.expand(definition);
      assertThat(file("orders")).isEqualTo(file);
      assertThat(database.queryLong("select count(*) from orders where c is null")).isZero();
      assertThat(database.queryLong("select count(distinct c::text) from orders")).isOne();
      String expected = database.queryString("select cast(? as " + type + ")::text", text);
      assertThat(database.queryString("select min(c::text) from orders")).isEqualTo(expected);
      assertThat(notNull("orders")).isEqualTo("true");
      database.execute("insert into orders (id, customer_id, amount) values (100, 1, 1)");
      assertThat(expansion.check(definition).instant()).isFalse();
      assertThat(expansion.expand(definition)).isEmpty();
    }

    private String notNull(String table) {
      return database.queryString(
          "select attnotnull::text from pg_attribute where attrelid = ?::regclass and attname = 'c'",
          table);
    }

    @Test
    void leavesItNullableWhenTheContractIsNotOurs() {
      expansion.expand(constant("orders", "c", "text", "x").contract(Contract.NONE));
      assertThat(notNull("orders")).isEqualTo("false");
      expansion.expand(constant("orders", "d", "text", "x").contract(Contract.MANUAL));
      assertThat(database.queryLong("select count(d) from orders")).isEqualTo(10);
    }

    @Test
    void worksOnPartitions() {
      partitioned();
      expansion.expand(constant("parts", "c", "text", "x"));
      assertThat(database.queryStrings("select c from parts")).containsExactly("x", "x");
      assertThat(notNull("parts_a")).isEqualTo("true");
    }

    @Test
    void isTakenForConstantsOfNewColumnsOnly() {
      assertThat(instant(constant("orders", "c", "text", "x").batched())).isFalse();
      assertThat(instant(constant("orders", "c", "text", "x").where("id > 1"))).isFalse();
      assertThat(instant(constant("orders", "c", "text", "x").newRows(NewRows.TRIGGER))).isFalse();
      assertThat(instant(constant("orders", "c", "text", "x").newRows(NewRows.APPLICATION)))
          .isFalse();
      assertThat(instant(value("orders", "c", "text", "'x'"))).isFalse();
      assertThat(instant(value("orders", "c", "timestamptz", "now()"))).isFalse();
      assertThat(instant(constant("orders", "c", "text", "x").newRows(NewRows.COLUMN_DEFAULT)))
          .isTrue();
      database.execute("alter table orders add column c text");
      assertThat(instant(constant("orders", "c", "text", "x"))).isFalse();
    }

    private boolean instant(Definitions definition) {
      return expansion.check(definition).instant();
    }
  }

  @Test
  @DisplayName("D7: quotes, upper case, reserved words and a schema off the search path")
  void quotesEveryName() {
    database.execute(
        "drop schema if exists \"Weird \"\"Schema\"\"\" cascade",
        "create schema \"Weird \"\"Schema\"\"\"",
        "create table \"Weird \"\"Schema\"\"\".\"Order\" ("
            + "\"Id\" int primary key, \"Select \"\"it\"\"\" text, \"user\" text default 'u')",
        "insert into \"Weird \"\"Schema\"\"\".\"Order\" values (1, 'one')");
    Definitions byTrigger =
        value("Order", "New \"Col\"", "text", "\"Order\".\"Select \"\"it\"\"\" || \"user\"")
            .schema("Weird \"Schema\"")
            .where("\"Order\".\"Id\" > 0");
    assertThat(expansion.check(byTrigger).target().runName())
        .isEqualTo("Weird \"Schema\".Order.New \"Col\"");
    expansion.expand(byTrigger);
    expansion.expand(constant("Order", "default", "text", "d").schema("Weird \"Schema\""));
    expansion.expand(value("Order", "from", "text", "'f'").schema("Weird \"Schema\""));
    database.execute("insert into \"Weird \"\"Schema\"\"\".\"Order\" values (2, 'two')");
    assertThat(
            database.queryString(
                "select concat(\"New \"\"Col\"\"\", \"default\", \"from\")"
                    + " from \"Weird \"\"Schema\"\"\".\"Order\" where \"Id\" = 2"))
        .isEqualTo("twoudf");
    expansion.dropCover(expansion.check(byTrigger));
  }

  @Test
  @DisplayName("D5: a partition that is attached after the preflight is covered")
  void coversAPartitionAttachedMeanwhile() {
    partitioned();
    Prepared prepared = expansion.check(value("parts", "c", "text", "region || id"));
    database.execute("create table parts_c partition of parts for values in ('c')");
    expansion.expand(prepared, tx -> {});
    database.execute(
        "begin; set local session_replication_role = replica;"
            + " insert into parts values (3, 'c'); commit");
    assertThat(database.queryString("select c from parts where id = 3")).isEqualTo("c3");
  }
}
