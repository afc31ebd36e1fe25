package dev.backfill.internal.batch;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class PlaceTest {
  @Test
  void hasTheTextFormOfATid() {
    assertThat(Place.of(List.of("(4294967294,291)"))).isEqualTo(new Place(4_294_967_294L, 291));
    assertThat(new Place(12, 7).position()).containsExactly("(12,7)");
    assertThat(Place.startOf(12).position()).containsExactly("(12,0)");
  }

  @Test
  void isOrderedByBlockAndThenByLine() {
    assertThat(List.of(new Place(10, 1), Place.startOf(10), new Place(9, 200), new Place(2, 3)))
        .isSortedAccordingTo((a, b) -> b.compareTo(a));
    assertThat(new Place(3, 4)).isEqualByComparingTo(new Place(3, 4));
  }
}
