package dev.backfill.internal.signal;

import java.util.Random;

/**
 * What a row of a made-up table costs.
 *
 * @param firstBytes WAL of a row in a window's first pass: up to 70 times that of a later pass
 * @param pageBytes what a later pass writes for a row when pages are written whole
 * @param firstSeconds server time of a row in the first pass
 * @param passRows rows of one pass; a window has eight
 */
record SimulatedTable(
    int indexes,
    double firstBytes,
    double laterBytes,
    double pageBytes,
    double firstSeconds,
    double laterSeconds,
    int passRows) {

  static final int PASSES = 8;

  static SimulatedTable random(Random random) {
    double later = 120 + random.nextInt(280);
    int indexes = random.nextInt(9);
    double pages = (indexes + 1) * 7.8 * 1024;
    double first = Math.min(pages, later * StrictMath.pow(70, random.nextDouble()));
    double page = later + random.nextDouble() * Math.max(0, Math.min(7200, first) - later);
    return new SimulatedTable(
        indexes,
        first,
        later,
        page,
        (100 + random.nextInt(300)) * 1e-6,
        (30 + random.nextInt(70)) * 1e-6,
        500 + random.nextInt(6000));
  }

  int windowRows() {
    return PASSES * passRows;
  }
}
