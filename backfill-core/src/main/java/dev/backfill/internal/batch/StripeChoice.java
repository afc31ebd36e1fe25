package dev.backfill.internal.batch;

import dev.backfill.internal.checkpoint.WindowKind;
import dev.backfill.internal.postgres.TableInfo;
import dev.backfill.internal.postgres.TableInfo.ColumnInfo;
import dev.backfill.internal.postgres.TableInfo.IndexInfo;
import dev.backfill.internal.postgres.TableInfo.Leaf;
import dev.backfill.internal.postgres.Target;
import java.sql.Connection;
import java.util.Optional;

/**
 * In how many passes the windows of a leaf are filled, and why.
 *
 * @param hotShare the share of HOT updates that is expected with it, 0 to 1
 */
public record StripeChoice(int stripes, double hotShare, String reason) {
  private static final int USUAL = 8;
  private static final int FOR_WIDE_VALUES = 4;
  private static final double WIDE = 0.5;
  private static final int FITS_SECOND_COPY = 45;
  private static final double RANDOM_ORDER = 0.5;
  // Tuple header with its null bitmap, and the line pointer.
  private static final int TUPLE_OVERHEAD = 28;

  /**
   * Chooses for one leaf from the catalogs, or takes what the definition asks for.
   *
   * @param kind what the windows of the leaf are made of
   */
  public static StripeChoice of(Connection connection, Target target, Leaf leaf, WindowKind kind) {
    double growth = growth(target);
    int asked = target.spec().options().stripes().count();
    if (asked > 0) {
      return new StripeChoice(asked, predicted(asked, growth, leaf), "as asked for");
    }
    Optional<String> index = indexOnColumn(target);
    if (index.isPresent()) {
      return new StripeChoice(
          1, 0, "index " + index.get() + " holds the column, so no update can be HOT");
    }
    if (leaf.fillfactor() < FITS_SECOND_COPY) {
      return new StripeChoice(
          1, 0.9, "fillfactor " + leaf.fillfactor() + " leaves room for a second copy of each row");
    }
    double correlation = KeyCorrelation.of(connection, target.key(), leaf).orElse(1.0);
    if (kind == WindowKind.KEY && correlation < RANDOM_ORDER) {
      return new StripeChoice(
          1,
          0,
          "the key's order is random in the heap (correlation "
              + String.format(java.util.Locale.ROOT, "%.2f", correlation)
              + "), so a batch touches few rows of any page");
    }
    int stripes = growth > WIDE ? FOR_WIDE_VALUES : USUAL;
    return new StripeChoice(
        stripes,
        predicted(stripes, growth, leaf),
        "each pass leaves room on its pages for the next to update in place");
  }

  private static double predicted(int stripes, double growth, Leaf leaf) {
    double free = (100 - leaf.fillfactor()) / 100.0;
    return Math.min(1, ((1 - 1.0 / stripes) + free) / (1 + growth));
  }

  /** How much wider a row gets, as a share of its width. */
  private static double growth(Target target) {
    TableInfo table = target.table();
    double width =
        TUPLE_OVERHEAD + table.columns().stream().mapToInt(ColumnInfo::averageWidth).sum();
    return ValueWidth.of(target) / width;
  }

  private static Optional<String> indexOnColumn(Target target) {
    return target.table().indexes().stream()
        .filter(i -> i.referenced().contains(target.spec().column()))
        .map(IndexInfo::name)
        .findFirst();
  }
}
