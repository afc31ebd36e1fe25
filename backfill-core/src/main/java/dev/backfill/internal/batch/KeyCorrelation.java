package dev.backfill.internal.batch;

import dev.backfill.internal.postgres.Jooq;
import dev.backfill.internal.postgres.Key;
import dev.backfill.internal.postgres.TableInfo.Leaf;
import java.sql.Connection;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** How far the rows of a leaf stand in the order of their keys. */
final class KeyCorrelation {
  private KeyCorrelation() {}

  /** From 0, at random, to 1; empty where the statistics do not say. */
  static Optional<Double> of(Connection connection, Key key, Leaf leaf) {
    @Nullable Double correlation =
        Jooq.on(connection)
            .fetchSingle(
                "select max(abs(correlation))::float8 from pg_catalog.pg_stats where not inherited"
                    + " and schemaname = cast(? as text) and tablename = cast(? as text)"
                    + " and attname = cast(? as text)",
                leaf.schema(),
                leaf.name(),
                key.columnNames().get(0))
            .get(0, Double.class);
    return Optional.ofNullable(correlation);
  }
}
