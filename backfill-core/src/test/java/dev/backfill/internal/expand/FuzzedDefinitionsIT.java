package dev.backfill.internal.expand;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backfill.model.PreflightException;
import dev.backfill.testing.TestDatabase;
import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Label;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;
import net.jqwik.api.lifecycle.AfterContainer;
import net.jqwik.api.lifecycle.BeforeContainer;
import net.jqwik.api.statistics.Statistics;

/** Definitions put together at random: refused with nothing changed, or expanded whole. */
class FuzzedDefinitionsIT {
  private static final List<String> PIECES =
      List.of(
          "id",
          "n",
          "s",
          "orders",
          "orders.s",
          "\"we\"\"ird\"",
          "1",
          "0",
          "null",
          "'x'",
          "'it''s'",
          "e'\\''",
          "$$;$$",
          "$a$)$a$",
          "(",
          ")",
          "(",
          ")",
          ",",
          ";",
          "--",
          "-- x\n",
          "/*",
          "*/",
          "'",
          "\"",
          "\\",
          "{d '2026-01-01'}",
          "{fn now()}",
          "?",
          "::text",
          "::int",
          "::varchar(3)",
          "+",
          "||",
          "=",
          "is null",
          "and",
          "or",
          "not",
          "case when",
          "then",
          "else",
          "end",
          "coalesce(s, 'x')",
          "count(*)",
          "now()",
          "random()",
          "generate_series(1, 2)",
          "[1]",
          "array[n]",
          "(select 1)",
          "(select max(n) from orders)",
          "select 1",
          "from orders",
          "where true",
          "drop table orders",
          "; drop table orders; --",
          ") from orders; --",
          "union",
          "limit 1",
          "as x",
          "orders.*",
          "row(n)",
          "commit",
          "rollback",
          "\u00a0",
          "ä",
          "$1",
          "%",
          "%s",
          "new.n",
          "new",
          "tg_op",
          "found",
          "backfill_computed");
  private static final List<String> GOOD =
      List.of(
          "n > 3",
          "s || orders.n",
          "coalesce ( s , 'x' )",
          "case when n = 0 then 'a' else 'b' end",
          "( select max ( o.n ) from orders o )",
          "e'\\'' || $$;)$$",
          "\"we\"\"ird\"",
          "'literal'",
          "array [ n , id ]",
          "row_to_json ( orders ) ::text",
          "now ( )",
          "( n )");
  private static final List<String> TYPES =
      List.of(
          "text",
          "int",
          "varchar(3)",
          "boolean",
          "jsonb",
          "int[]",
          "timestamptz",
          "text -- x",
          "text)",
          "text;",
          "text default now()",
          "orders",
          "\"we\"\"ird\"");

  private static TestDatabase database;

  @BeforeContainer
  static void table() {
    database = TestDatabase.forClass(FuzzedDefinitionsIT.class);
    database.execute(
        "create schema backfill",
        "create table orders (id int primary key, n int not null, s text, \"we\"\"ird\" boolean)",
        "insert into orders select g, g, 's' || g, g % 2 = 0 from generate_series(1, 20) g");
  }

  @AfterContainer
  static void close() {
    database.close();
  }

  @Property(tries = 200)
  @Label("Refused with nothing changed, or expanded whole")
  void neverLeaveAHalfMadeSchema(
      @ForAll("soups") String value,
      @ForAll("types") String type,
      @ForAll("conditions") String where) {
    Definitions definition = Definitions.value("orders", "c", type, value);
    boolean expanded = tryOne(where.isEmpty() ? definition : definition.where(where));
    Statistics.label("expanded")
        .collect(expanded)
        .coverage(checker -> checker.check(true).percentage(share -> share > 3));
  }

  @Provide
  Arbitrary<String> soups() {
    Arbitrary<String> words =
        Arbitraries.of(PIECES).list().ofMinSize(1).ofMaxSize(5).map(l -> String.join(" ", l));
    Arbitrary<String> glued =
        Arbitraries.of(PIECES).list().ofMinSize(1).ofMaxSize(3).map(l -> String.join("", l));
    return Arbitraries.frequencyOf(
            Tuple.of(2, Arbitraries.of(GOOD)),
            Tuple.of(3, mutated()),
            Tuple.of(2, words),
            Tuple.of(1, glued))
        .filter(sql -> !sql.isBlank());
  }

  /** A good one, with a piece where it does not belong. */
  private static Arbitrary<String> mutated() {
    return Combinators.combine(
            Arbitraries.of(GOOD), Arbitraries.of(PIECES), Arbitraries.integers().between(0, 9))
        .as(
            (good, piece, at) -> {
              List<String> words = new ArrayList<>(List.of(good.split(" ")));
              words.add(at % (words.size() + 1), piece);
              return String.join(" ", words);
            });
  }

  @Provide
  Arbitrary<String> types() {
    return Arbitraries.frequencyOf(
        Tuple.of(1, Arbitraries.just("text")), Tuple.of(2, Arbitraries.of(TYPES)));
  }

  @Provide
  Arbitrary<String> conditions() {
    return Arbitraries.frequencyOf(Tuple.of(3, Arbitraries.just("")), Tuple.of(1, soups()));
  }

  private boolean tryOne(Definitions definition) {
    Expansion expansion = new Expansion(database);
    List<String> before = SchemaImage.of(database);
    Prepared prepared;
    try {
      prepared = expansion.check(definition);
    } catch (PreflightException e) {
      assertThat(SchemaImage.of(database)).as("%s", definition).isEqualTo(before);
      return false;
    }
    // What passed the preflight must be expanded, and must not fail the application's writes.
    expansion.expand(prepared, tx -> {});
    assertThat(expansion.expand(definition)).as("%s", definition).isEmpty();
    database.execute(
        "insert into orders values (100, 100, 's', true)",
        "update orders set s = 't', n = 3 where id = 100",
        "delete from orders where id = 100");
    expansion.dropCover(prepared);
    database.execute("alter table orders drop column c");
    assertThat(database.queryLong("select count(*) from orders")).isEqualTo(20);
    assertThat(database.queryLong("select count(*) from pg_trigger where not tgisinternal"))
        .isZero();
    return true;
  }

  @Example
  void theSoupHoldsGoodExpressionsToo() {
    assertThat(tryOne(Definitions.value("orders", "c", "text", "coalesce(s, 'x') || n"))).isTrue();
    assertThat(tryOne(Definitions.value("orders", "c", "text", "e'\\'' || $$;$$ -- x"))).isTrue();
  }
}
