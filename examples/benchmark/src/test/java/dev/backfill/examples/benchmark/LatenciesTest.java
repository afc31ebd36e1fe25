package dev.backfill.examples.benchmark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class LatenciesTest {
  private static final long MILLISECOND = 1_000_000;

  /** Of each second's hundred, one takes long in every tenth second. */
  private static Latencies of(long longMillis) {
    Latencies latencies = new Latencies();
    for (int i = 0; i < 6_000; i++) {
      int second = i / 100;
      boolean slow = second % 10 == 0 && i % 5 == 0;
      latencies.add(second, (slow ? longMillis : 1 + i % 3) * MILLISECOND);
    }
    return latencies;
  }

  @Test
  void givesPercentilesInMilliseconds() {
    Latencies latencies = of(50);
    assertThat(latencies.count()).isEqualTo(6_000);
    assertThat(latencies.percentile(50)).isCloseTo(2, within(0.01));
    assertThat(latencies.percentile(99)).isCloseTo(50, within(0.1));
    assertThat(latencies.max()).isCloseTo(50, within(0.1));
  }

  @Test
  void anIntervalSpansItsFigure() {
    Estimate p99 = of(50).estimate(99);
    assertThat(p99.low()).isLessThanOrEqualTo(p99.value());
    assertThat(p99.high()).isGreaterThanOrEqualTo(p99.value());
    assertThat(of(50).ratio(99, of(25)).value()).isCloseTo(2, within(0.01));
  }

  @Test
  void roundsFollowEachOther() {
    Latencies both = new Latencies();
    both.addAll(of(50));
    both.addAll(of(50));
    assertThat(both.count()).isEqualTo(12_000);
  }
}
