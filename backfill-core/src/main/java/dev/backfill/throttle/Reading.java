package dev.backfill.throttle;

import java.util.OptionalDouble;

/**
 * What a {@link Signal} read.
 *
 * @param value in the signal's unit; empty when it cannot be known now, or not yet
 * @param detail whose value it is, or what will lower it; shown while the run waits for it, may be
 *     empty
 * @param caveat what the value does not tell, and what would mend that: logged when it begins, not
 *     at every reading; may be empty
 */
public record Reading(OptionalDouble value, String detail, String caveat) {
  public Reading {
    if (value.isPresent() && Double.isNaN(value.getAsDouble())) {
      throw new IllegalArgumentException("reading: the value is NaN; say unknown(why) instead");
    }
  }

  public static Reading of(double value) {
    return of(value, "");
  }

  public static Reading of(double value, String detail) {
    return new Reading(OptionalDouble.of(value), detail, "");
  }

  /** A lower bound: something is hidden from us, but at least so much is there. */
  public static Reading atLeast(double value, String detail, String hidden) {
    return new Reading(OptionalDouble.of(value), detail, hidden);
  }

  /** There is no value, and why. */
  public static Reading unknown(String why) {
    return new Reading(OptionalDouble.empty(), "", why);
  }

  /** There is no value yet, as is normal at the start of a rate. */
  public static Reading pending() {
    return unknown("");
  }
}
