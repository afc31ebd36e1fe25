package dev.backfill.internal.batch;

import dev.backfill.internal.checkpoint.StripeBy;
import dev.backfill.internal.checkpoint.WindowKind;
import dev.backfill.internal.postgres.Target;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;

/**
 * The rows of the first batches of a leaf: for an empty range the planner would show what no batch
 * does.
 */
final class PreviewRange {
  private static final int KEYS = 20_000;
  private static final long BLOCKS = 300;

  private PreviewRange() {}

  /** Those of the first stripe; empty when the leaf has no rows. */
  static Optional<Rows> rows(
      Connection connection, Target target, LeafSql sql, WindowKind kind, int stripes)
      throws SQLException {
    if (kind == WindowKind.BLOCK) {
      return Optional.of(
          sql.rows(
              kind,
              Optional.empty(),
              Place.startOf(BLOCKS).position(),
              new Stripe(0, stripes, StripeBy.HASH)));
    }
    Optional<List<String>> last = IndexProof.anyKey(connection, sql);
    if (last.isEmpty()) {
      return Optional.empty();
    }
    List<String> first = key(connection, sql, last.get(), 0).orElse(last.get());
    Optional<List<String>> end = key(connection, sql, last.get(), KEYS);
    StripeBy by =
        end.isPresent()
            ? KeyDensity.stripeBy(
                connection, target.key(), new Cuts(List.of(first, end.get()), KEYS, true))
            : StripeBy.HASH;
    return Optional.of(
        sql.rows(kind, Optional.of(first), end.orElse(last.get()), new Stripe(0, stripes, by)));
  }

  /** The statement's form where there are no rows, and so no keys to be bound. */
  static Rows form(LeafSql sql, WindowKind kind, int stripes) {
    return sql.rows(kind, Optional.of(List.of()), List.of(), new Stripe(0, stripes, StripeBy.HASH));
  }

  /** The key so many rows behind the first; empty when there are not as many. */
  private static Optional<List<String>> key(
      Connection connection, LeafSql sql, List<String> last, long rows) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(sql.boundary(true))) {
      statement.setLong(Texts.bind(statement, 1, last), rows);
      return Texts.firstRow(statement);
    }
  }
}
