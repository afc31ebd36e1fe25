package dev.backfill.internal.batch;

import dev.backfill.internal.postgres.BatchTag;
import dev.backfill.internal.postgres.Target;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Fills rows with a constant or an SQL expression: one UPDATE. */
final class SqlFiller implements Filler {
  private final Target target;
  private final String tag;
  private @Nullable RowValue neverNull;

  SqlFiller(Target target) {
    this.target = target;
    this.tag = BatchTag.of(target.runName());
  }

  @Override
  public Write prepare(Connection connection, LeafSql sql, Rows rows) {
    RowValue value = neverNull == null ? NullRefusal.in(connection, target) : neverNull;
    neverNull = value;
    List<String> parameters = new ArrayList<>(value.binds());
    parameters.addAll(rows.parameters());
    return new OneUpdate(new Update(tag + sql.update(value, rows), parameters));
  }

  private record OneUpdate(Update statement) implements Write {
    @Override
    public Optional<Update> update() {
      return Optional.of(statement);
    }

    @Override
    public Filled in(Connection tx, String settings) throws SQLException {
      try (PreparedStatement all = tx.prepareStatement(settings + ";" + statement.sql())) {
        Texts.bind(all, 1, statement.parameters());
        all.execute();
        Counters before = Texts.countersOfNextResult(all);
        all.getMoreResults();
        return new Filled(all.getLargeUpdateCount(), before, true);
      } catch (SQLException e) {
        throw NullRefusal.caused(e) ? new YieldedNullException(e) : e;
      }
    }
  }
}
