package dev.backfill.throttle;

import java.time.Duration;

/** Limits are above zero: nothing would ever run otherwise. */
final class Positive {
  private Positive() {}

  static double require(String throttle, double limit) {
    if (!(limit > 0) || Double.isInfinite(limit)) {
      throw new IllegalArgumentException(throttle + ": the limit must be above 0, was " + limit);
    }
    return limit;
  }

  static double require(String throttle, long limit) {
    if (limit <= 0) {
      throw new IllegalArgumentException(throttle + ": the limit must be above 0, was " + limit);
    }
    return (double) limit;
  }

  static double require(String throttle, Duration limit) {
    if (limit.isNegative() || limit.isZero()) {
      throw new IllegalArgumentException(throttle + ": must be longer than 0, was " + limit);
    }
    return limit.toNanos() / 1e9;
  }
}
