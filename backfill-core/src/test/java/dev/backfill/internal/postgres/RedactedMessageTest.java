package dev.backfill.internal.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.postgresql.util.PSQLException;
import org.postgresql.util.ServerErrorMessage;

/** Messages of PostgreSQL with values of a row in them. */
class RedactedMessageTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      textBlock =
          """
          22P02 | invalid input syntax for type integer: "secret" | invalid input syntax for type integer: ...
          54000 | requested character too large for encoding: 99999999 | requested character too large for encoding: ...
          22P05 | character with byte sequence 0xc4 0x80 in encoding "UTF8" has no equivalent in encoding "LATIN1" | character with byte sequence ... in encoding ...
          22021 | invalid byte sequence for encoding "UTF8": 0xc3 0x28 | invalid byte sequence for encoding ...: ...
          22003 | integer out of range | integer out of range
          """)
  void isWithoutThem(String state, String message, String redacted) {
    ServerErrorMessage error = new ServerErrorMessage("C" + state + "\0M" + message + "\0");

    assertThat(RedactedMessage.of(new PSQLException(error))).isEqualTo(redacted);
  }
}
