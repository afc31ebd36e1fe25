package dev.backfill.internal.batch;

import dev.backfill.internal.checkpoint.StripeBy;
import dev.backfill.internal.checkpoint.WindowRow;

/**
 * The rows of a window that one pass takes.
 *
 * @param number from 0
 * @param of how many passes there are, a power of two
 */
record Stripe(int number, int of, StripeBy by) {
  static final Stripe ALL = new Stripe(0, 1, StripeBy.HASH);

  /** The stripe at which a window stands. */
  static Stripe of(WindowRow window) {
    return new Stripe(window.stripe(), window.stripes(), window.stripeBy());
  }
}
