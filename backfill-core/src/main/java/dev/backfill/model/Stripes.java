package dev.backfill.model;

/**
 * In how many passes a window is filled, each pass taking every n-th row of a page, so that later
 * passes find room on the page and update in place (HOT).
 *
 * @param count 0 for automatic, 1 for off, else a power of two up to 64
 */
public record Stripes(int count) {
  public Stripes {
    if (count < 0 || count > 64 || Integer.bitCount(count) > 1) {
      throw new IllegalArgumentException(
          "stripes: must be a power of two between 1 and 64, was " + count);
    }
  }

  /** Chosen from the catalogs, with the reason in the plan. */
  public static Stripes auto() {
    return new Stripes(0);
  }

  /** One pass over each window. */
  public static Stripes off() {
    return new Stripes(1);
  }

  public static Stripes of(int count) {
    if (count == 0) {
      throw new IllegalArgumentException("stripes: must be at least 1, was 0; use auto()");
    }
    return new Stripes(count);
  }

  public boolean isAuto() {
    return count == 0;
  }
}
