package dev.backfill.internal.expand;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SqlTextTest {

  private static SqlText text(String sql) {
    return new SqlText(sql, false);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "amount * 2",
        "coalesce(a, (select max(b) from c))",
        "'it''s ;) here'",
        "\"we\"\"ird;(\" || x",
        "a -- ; ) comment",
        "a /* ( /* ; */ ) */ + 1",
        "$$ ;) $$ || $a$ $$ ) $a$",
        "e'\\')'",
        "date'2026-01-01'",
        "'\\' || x",
        "data ? 'key' and data @> '{\"a\": 1}'",
        "a$b$ || c",
        "x --a\r|| (y)",
        "array[1, 2] || f(a, b)",
        "select a, b from c"
      })
  void takesWhatIsClosedInItself(String sql) {
    assertThat(text(sql).flaw()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "1; drop table orders",
        "1) from orders where (true",
        "(1",
        "a, b",
        "(a], b[1)",
        "'open",
        "\"open",
        "/* open",
        "/* /* */",
        "$a$ open $A$",
        "e'open\\'",
        "a -- x\r)",
        "E'\\'' ; select 1",
        "a)--",
        "date'\\');"
      })
  void refusesWhatReachesBeyondItsParentheses(String sql) {
    assertThat(text(sql).flaw()).isPresent();
  }

  @Test
  void readsBackslashesAsTheServerIsSet() {
    assertThat(new SqlText("'\\'", false).flaw()).isEmpty();
    assertThat(new SqlText("'\\'", true).flaw()).isPresent();
  }

  @Test
  void tellsALiteralFromWhatHasAType() {
    assertThat(text(" ('it''s' /* x */) ").isBareLiteral()).isTrue();
    assertThat(text("$$x$$ -- x").isBareLiteral()).isTrue();
    assertThat(text("'a' || 'b'").isBareLiteral()).isFalse();
    assertThat(text("'a'::text").isBareLiteral()).isFalse();
    assertThat(text("date '2026-01-01'").isBareLiteral()).isFalse();
    assertThat(text("1").isBareLiteral()).isFalse();
  }

  @Test
  void findsSubqueriesButNotTheWordInLiteralsNamesOrComments() {
    assertThat(text("(SELECT 1)").mayHoldSubquery()).isTrue();
    assertThat(text("exists(table x)").mayHoldSubquery()).isTrue();
    assertThat(text("'select' || \"select\" || selected -- select").mayHoldSubquery()).isFalse();
  }
}
