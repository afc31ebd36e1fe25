package dev.backfill.examples.benchmark;

import java.util.Locale;

/** A figure, and between what it lies with a confidence of 95 %. */
record Estimate(double value, double low, double high) {
  @Override
  public String toString() {
    return String.format(Locale.ROOT, "%.2f (%.2f-%.2f)", value, low, high);
  }
}
