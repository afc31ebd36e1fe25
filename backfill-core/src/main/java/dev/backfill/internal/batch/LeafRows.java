package dev.backfill.internal.batch;

import dev.backfill.internal.checkpoint.StripeBy;
import dev.backfill.internal.checkpoint.WindowKind;
import dev.backfill.internal.postgres.Key;
import dev.backfill.internal.postgres.Target;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Which rows of a leaf a statement is about. Keys and places are bound in their text form. */
final class LeafRows {
  private static final List<String> START = Place.startOf(0).position();

  private final Key key;
  private final String alias;
  private final boolean listed;

  LeafRows(Target target) {
    this.key = target.key();
    this.alias = target.alias();
    // Before PostgreSQL 17 each key is a way down the index of its own: measured no faster then.
    // Any list is planned for ten rows, and thousands would be joined to a subquery's row by row.
    this.listed = target.server().major() >= 17 && !BatchLimits.hasSubqueries(target);
  }

  /** The rows of one stripe in (lo, hi], from the leaf's start when lo is empty. */
  Rows of(WindowKind kind, Optional<List<String>> lo, List<String> hi, Stripe stripe) {
    if (kind == WindowKind.BLOCK) {
      return striped(places(alias), lo.or(() -> Optional.of(START)), hi, stripe, Rows.By.PLACE);
    }
    return keyList(lo, hi, stripe)
        .orElseGet(() -> striped(keys(lo.isEmpty()), lo, hi, stripe, Rows.By.KEY_RANGE));
  }

  /** The keys in (lo, hi]; from the leaf's start lo is no parameter. */
  String keys(boolean fromStart) {
    return (fromStart ? "" : key.after(alias) + " and ") + key.upTo(alias);
  }

  private Rows striped(
      String range, Optional<List<String>> lo, List<String> hi, Stripe stripe, Rows.By by) {
    List<String> parameters = new ArrayList<>(lo.orElse(List.of()));
    parameters.addAll(hi);
    if (stripe.of() == 1) {
      return new Rows(range, parameters, by);
    }
    parameters.add(Integer.toString(stripe.number()));
    String number =
        stripe.by() == StripeBy.SEQUENCE ? key.number(alias).orElseThrow() : key.hash(alias);
    return new Rows(
        range + " and %s & %d = cast(? as int)".formatted(number, stripe.of() - 1), parameters, by);
  }

  private Optional<Rows> keyList(Optional<List<String>> lo, List<String> hi, Stripe stripe) {
    if (!listed) {
      return Optional.empty();
    }
    return StripeKeys.of(stripe, lo, hi, key.descending())
        .map(
            list ->
                new Rows(
                    "%s = any(array(select generate_series(%s, %s, %d)))"
                        .formatted(
                            key.number(alias).orElseThrow(),
                            key.placeholders(),
                            key.placeholders(),
                            list.step()),
                    list.ends(),
                    Rows.By.KEY_LIST));
  }

  /** The row with a key. */
  Rows key(List<String> key) {
    return new Rows(this.key.equal(alias), key, Rows.By.KEY_RANGE);
  }

  /** (lo, hi] as a TID range scan, from PostgreSQL 14 on: only the blocks between them are read. */
  static String places(String alias) {
    return "%s.ctid > cast(? as tid) and %s.ctid <= cast(? as tid)".formatted(alias, alias);
  }

  /** The rows that stand in some blocks, the last excluded. */
  Rows blocks(long from, long to) {
    return of(
        WindowKind.BLOCK,
        Optional.of(Place.startOf(from).position()),
        Place.startOf(to).position(),
        Stripe.ALL);
  }
}
