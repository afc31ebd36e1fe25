package dev.backfill.internal.batch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backfill.internal.checkpoint.WindowKind;
import java.util.Optional;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class OrderChoiceTest {
  private static final long CACHE = 1L << 30;

  @ParameterizedTest
  @CsvSource({
    // correlation, table as a share of the cache
    "1.00, 8.0, KEY, (correlation 1.00)",
    "0.50, 8.0, KEY, stand in the order of the key",
    "0.49, 8.0, BLOCK, a block for each row",
    "0.00, 0.5, BLOCK, (correlation 0.00)",
    "0.00, 0.4, KEY, the caches hold the table",
    ", 8.0, KEY, no statistics",
  })
  void byCorrelationAndSize(Double correlation, double share, WindowKind kind, String reason) {
    OrderChoice choice =
        OrderChoice.of(Optional.ofNullable(correlation), (long) (share * CACHE), CACHE);

    assertThat(choice.kind()).isEqualTo(kind);
    assertThat(choice.reason()).contains(reason);
  }
}
