package dev.backfill.internal.batch;

import dev.backfill.internal.checkpoint.WindowKind;
import dev.backfill.internal.postgres.TableInfo.Leaf;
import dev.backfill.internal.postgres.Target;
import java.sql.Connection;
import java.util.Locale;
import java.util.Optional;

/**
 * In which order a leaf is gone through, and why.
 *
 * <p>A batch of random keys reads about a block for each row. As long as the caches hold the table
 * that is cheap, and has its use: few rows of a page are updated at a time, so that 89 % of the
 * updates were measured to stay in place, where windows of blocks in sixteen passes have 82 %. Once
 * blocks come from a disk, those reads are what costs.
 */
public record OrderChoice(WindowKind kind, String reason) {
  private static final double RANDOM = 0.5;
  // The other half is for the indexes, and for other tables.
  private static final int SHARE_OF_CACHE = 2;
  private static final int BLOCK_BYTES = 8_192;

  /** Chooses for one leaf from the catalogs, or takes what the definition asks for. */
  public static OrderChoice of(Connection connection, Target target, Leaf leaf) {
    return switch (target.spec().options().order()) {
      case KEY -> new OrderChoice(WindowKind.KEY, "as asked for");
      case PHYSICAL -> new OrderChoice(WindowKind.BLOCK, "as asked for");
      case AUTO ->
          of(
              KeyCorrelation.of(connection, target.key(), leaf),
              leaf.pages() * BLOCK_BYTES,
              target.server().effectiveCacheBytes());
    };
  }

  static OrderChoice of(Optional<Double> correlation, long tableBytes, long cacheBytes) {
    if (correlation.isEmpty()) {
      return new OrderChoice(
          WindowKind.KEY, "the table has no statistics that say how its rows stand");
    }
    String found = String.format(Locale.ROOT, "(correlation %.2f)", correlation.get());
    if (correlation.get() >= RANDOM) {
      return new OrderChoice(WindowKind.KEY, "the rows stand in the order of the key " + found);
    }
    if (tableBytes < cacheBytes / SHARE_OF_CACHE) {
      return new OrderChoice(
          WindowKind.KEY,
          "the rows stand in another order than the key "
              + found
              + ", but the caches hold the table (effective_cache_size)");
    }
    return new OrderChoice(
        WindowKind.BLOCK,
        "the rows stand in another order than the key "
            + found
            + ", and the table is too large for the caches (effective_cache_size), so a batch of"
            + " keys would read about a block for each row");
  }
}
