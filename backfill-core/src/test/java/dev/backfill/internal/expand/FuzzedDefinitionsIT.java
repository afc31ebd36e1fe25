package dev.backfill.internal.expand;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backfill.model.PreflightException;
import dev.backfill.testing.PostgresTest;
import dev.backfill.testing.TestDatabase;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Definitions put together at random: refused with nothing changed, or expanded whole. */
@PostgresTest
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

  TestDatabase database;

  @BeforeAll
  static void table(TestDatabase database) {
    database.execute(
        "create schema backfill",
        "create table orders (id int primary key, n int not null, s text, \"we\"\"ird\" boolean)",
        "insert into orders select g, g, 's' || g, g % 2 = 0 from generate_series(1, 20) g");
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4})
  void neverLeaveAHalfMadeSchema(long seed) {
    Random random = new Random(seed);
    int expanded = 0;
    for (int i = 0; i < 150; i++) {
      expanded += tryOne(random) ? 1 : 0;
    }
    assertThat(expanded).as("definitions that were good").isGreaterThan(10);
  }

  private boolean tryOne(Random random) {
    boolean plain = random.nextInt(3) == 0;
    Definitions definition =
        Definitions.value("orders", "c", plain ? "text" : any(TYPES, random), soup(random));
    if (random.nextInt(4) == 0) {
      definition = definition.where(soup(random));
    }
    return tryOne(definition);
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

  private static String soup(Random random) {
    return random.nextInt(3) > 0 ? mutated(random) : pieces(random);
  }

  private static String mutated(Random random) {
    List<String> words = new ArrayList<>(List.of(any(GOOD, random).split(" ")));
    if (random.nextBoolean()) {
      words.add(random.nextInt(words.size() + 1), any(PIECES, random));
    }
    return String.join(" ", words);
  }

  private static String pieces(Random random) {
    StringBuilder sql = new StringBuilder();
    int pieces = 1 + random.nextInt(5);
    for (int i = 0; i < pieces; i++) {
      sql.append(any(PIECES, random)).append(random.nextInt(5) == 0 ? "" : " ");
    }
    String text = sql.toString();
    return text.isBlank() ? "n" : text;
  }

  private static String any(List<String> list, Random random) {
    return list.get(random.nextInt(list.size()));
  }

  @Test
  void theSoupHoldsGoodExpressionsToo() {
    assertThat(tryOne(Definitions.value("orders", "c", "text", "coalesce(s, 'x') || n"))).isTrue();
    assertThat(tryOne(Definitions.value("orders", "c", "text", "e'\\'' || $$;$$ -- x"))).isTrue();
  }
}
