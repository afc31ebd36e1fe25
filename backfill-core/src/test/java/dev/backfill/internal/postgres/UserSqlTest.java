package dev.backfill.internal.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class UserSqlTest {

  @ParameterizedTest
  @DisplayName("question marks that are operators are doubled, others stay")
  @CsvSource(
      quoteCharacter = '`',
      delimiterString = "=>",
      value = {
        "data ? 'a'               => data ?? 'a'",
        "'why?' || b              => 'why?' || b",
        "\"odd?\" is null         => \"odd?\" is null",
        "E'it\\'s?' || (a ? 'b')  => E'it\\'s?' || (a ?? 'b')",
        "e'\\\\' || (a ? 'b')     => e'\\\\' || (a ?? 'b')",
        "date'\\' || (a ? 'b')    => date'\\' || (a ?? 'b')",
        "'\\' || (a ? 'b')        => '\\' || (a ?? 'b')",
        "$$?$$ || (a ? 'b')       => $$?$$ || (a ?? 'b')",
        "$x$?$$?$x$               => $x$?$$?$x$",
        "a /* ? /* ? */ ? */ ? b  => a /* ? /* ? */ ? */ ?? b",
        "'it''s?' || (a ? 'b')    => 'it''s?' || (a ?? 'b')"
      })
  void questionMarks(String sql, String prepared) {
    assertThat(UserSql.forPrepared(sql)).isEqualTo(prepared);
  }
}
