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
 * The rows of a batch behind the first of a leaf: for an empty range the planner would show what no
 * batch does.
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
          sql.rows()
              .of(
                  kind,
                  Optional.empty(),
                  Place.startOf(BLOCKS).position(),
                  new Stripe(0, stripes, StripeBy.HASH)));
    }
    Optional<List<String>> last = IndexProof.anyKey(connection, sql);
    if (last.isEmpty()) {
      return Optional.empty();
    }
    int distance = KeyPaging.cutDistance(target.spec().options(), stripes);
    Cuts cuts = Cuts.read(connection, sql, Optional.empty(), last.get(), KEYS, distance);
    List<List<String>> ends =
        cuts.keys().size() > 1
            ? cuts.keys()
            : List.of(first(connection, sql, last.get()), last.get());
    return Optional.of(
        sql.rows()
            .of(
                kind,
                Optional.of(ends.get(0)),
                ends.get(ends.size() - 1),
                new Stripe(0, stripes, KeyDensity.stripeBy(connection, target.key(), cuts))));
  }

  private static List<String> first(Connection connection, LeafSql sql, List<String> last)
      throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(sql.boundary(true))) {
      statement.setLong(Texts.bind(statement, 1, last), 0);
      return Texts.firstRow(statement).orElse(last);
    }
  }

  /** The statement's form where there are no rows: without keys, which are its parameters alone. */
  static Rows form(LeafSql sql, WindowKind kind, int stripes) {
    return sql.rows()
        .of(kind, Optional.of(List.of()), List.of(), new Stripe(0, stripes, StripeBy.HASH));
  }
}
