package dev.backfill.internal.signal;

import java.util.Locale;

/**
 * Why no batch may start.
 *
 * @param signal the name of what holds it
 * @param value its value; NaN where it could not be read
 * @param limit the limit that it reached
 * @param detail whose value it is, or what is known of the cause; may be empty
 */
public record Hold(String signal, double value, double limit, String unit, String detail) {

  /** "replication-lag 7.2 s, limit 5 s: walreceiver@10.0.0.7". */
  public String describe() {
    return signal
        + " "
        + (Double.isNaN(value) ? "cannot be read" : amount(value, unit))
        + ", limit "
        + amount(limit, unit)
        + (detail.isEmpty() ? "" : ": " + detail);
  }

  static String amount(double value, String unit) {
    String number =
        value == Math.rint(value) && Math.abs(value) < 1e15
            ? Long.toString((long) value)
            : String.format(Locale.ROOT, Math.abs(value) < 1 ? "%.2f" : "%.1f", value);
    return unit.isEmpty() ? number : number + " " + unit;
  }
}
