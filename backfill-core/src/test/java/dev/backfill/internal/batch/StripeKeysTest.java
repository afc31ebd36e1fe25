package dev.backfill.internal.batch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backfill.internal.checkpoint.StripeBy;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class StripeKeysTest {
  private static final int STRIPES = 8;

  @ParameterizedTest
  @CsvSource({
    "0, 100",
    "-50, 50",
    "3, 4",
    "-9223372036854775808, -9223372036854775700",
    "9223372036854775700, 9223372036854775807",
    "2147483600, 2147483647"
  })
  void theStripesListEachKeyOnce(long below, long last) {
    List<Long> ascending = listed(below, last, false);
    assertThat(ascending).containsExactlyInAnyOrderElementsOf(range(Math.addExact(below, 1), last));

    List<Long> descending = listed(last, below, true);
    assertThat(descending)
        .containsExactlyInAnyOrderElementsOf(range(below, Math.subtractExact(last, 1)));
  }

  @Test
  void aKeyIsInTheStripeOfItsLowBits() {
    StripeKeys list = list(-13, 20, 3, false).orElseThrow();
    assertThat(List.of(list.first(), list.last(), (long) list.step()))
        .containsExactly(-13L + 8, 20L, 8L);
    assertThat(list.first() & (STRIPES - 1)).isEqualTo(3);
  }

  @ParameterizedTest
  @CsvSource({
    "0, 1048577",
    "-9223372036854775808, 9223372036854775807",
    "-5000000000000000000, 5000000000000000000",
    "5, 5"
  })
  void whatIsWideOrEmptyIsNotListed(long below, long last) {
    assertThat(list(below, last, 0, false)).isEmpty();
    assertThat(list(last, below, 0, true)).isEmpty();
  }

  @Test
  void whatHasNoFirstKeyOrIsStripedByAHashIsNotListed() {
    List<String> hi = List.of("100");
    assertThat(StripeKeys.of(new Stripe(0, 8, StripeBy.SEQUENCE), Optional.empty(), hi, false))
        .isEmpty();
    assertThat(StripeKeys.of(new Stripe(0, 8, StripeBy.HASH), Optional.of(List.of("0")), hi, false))
        .isEmpty();
    assertThat(
            StripeKeys.of(
                new Stripe(0, 1, StripeBy.SEQUENCE), Optional.of(List.of("0")), hi, false))
        .isEmpty();
  }

  private static List<Long> listed(long lo, long hi, boolean descending) {
    List<Long> keys = new ArrayList<>();
    for (int stripe = 0; stripe < STRIPES; stripe++) {
      int number = stripe;
      list(lo, hi, stripe, descending)
          .ifPresent(
              list ->
                  LongStream.iterate(list.first(), key -> key + list.step())
                      .limit((list.last() - list.first()) / list.step() + 1)
                      .peek(key -> assertThat(key & (STRIPES - 1)).isEqualTo(number))
                      .forEach(keys::add));
    }
    return keys;
  }

  private static Optional<StripeKeys> list(long lo, long hi, int stripe, boolean descending) {
    return StripeKeys.of(
        new Stripe(stripe, STRIPES, StripeBy.SEQUENCE),
        Optional.of(List.of(Long.toString(lo))),
        List.of(Long.toString(hi)),
        descending);
  }

  private static List<Long> range(long first, long last) {
    return LongStream.iterate(first, key -> key + 1).limit(last - first + 1).boxed().toList();
  }
}
