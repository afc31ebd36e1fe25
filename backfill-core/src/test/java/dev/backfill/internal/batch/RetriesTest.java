package dev.backfill.internal.batch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backfill.model.RetryPolicy;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

class RetriesTest {
  private static SQLException deadlock() {
    return new SQLException("deadlock detected", "40P01");
  }

  private static List<Duration> pauses(Retries.Attempts attempts) {
    List<Duration> pauses = new ArrayList<>();
    Optional<Duration> pause = attempts.failed(deadlock());
    while (pause.isPresent()) {
      pauses.add(pause.get());
      pause = attempts.failed(deadlock());
    }
    return pauses;
  }

  @Test
  void theFirstAttemptCounts() {
    assertThat(pauses(retries(5, 50, 10_000).attempts())).hasSize(4);
    assertThat(pauses(retries(1, 50, 10_000).attempts())).isEmpty();
  }

  @Test
  void eachPauseIsTwiceTheOneBeforeGiveOrTakeHalf() {
    Retries retries = retries(7, 100, 100_000);
    for (int i = 0; i < 100; i++) {
      List<Duration> pauses = pauses(retries.attempts());
      for (int n = 0; n < pauses.size(); n++) {
        long middle = 100L << n;
        assertThat(pauses.get(n).toMillis()).isBetween(middle / 2, middle * 3 / 2);
      }
    }
  }

  @Test
  void noPauseIsAboveTheCeiling() {
    assertThat(pauses(retries(30, 50, 1_000).attempts()))
        .allSatisfy(pause -> assertThat(pause).isLessThanOrEqualTo(Duration.ofSeconds(1)));
  }

  @Test
  void twoThatFailTogetherDoNotComeBackTogether() {
    Retries retries = retries(2, 1_000, 10_000);
    Set<Duration> first = new HashSet<>();
    for (int i = 0; i < 50; i++) {
      first.add(retries.attempts().failed(deadlock()).orElseThrow());
    }
    assertThat(first).hasSizeGreaterThan(10);
  }

  @Test
  void batchesDoNotSpendEachOthersAttempts() {
    Retries retries = retries(3, 50, 1_000);
    Retries.Attempts one = retries.attempts();
    Retries.Attempts other = retries.attempts();
    pauses(one);

    assertThat(other.failed(deadlock())).isPresent();
    assertThat(one.failed(deadlock())).isEmpty();
  }

  private static Retries retries(int attempts, long initialMillis, long maxMillis) {
    return new Retries(
        new RetryPolicy(attempts, Duration.ofMillis(initialMillis), Duration.ofMillis(maxMillis)));
  }
}
