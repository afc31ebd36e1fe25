package dev.backfill.internal.batch;

import dev.backfill.internal.postgres.BaseType;
import dev.backfill.internal.postgres.BatchTag;
import dev.backfill.internal.postgres.Identifiers;
import dev.backfill.internal.postgres.ResultRow;
import dev.backfill.internal.postgres.Target;
import dev.backfill.internal.postgres.ValueText;
import dev.backfill.model.ColumnValue;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Fills rows with what a Java function makes of their inputs.
 *
 * <ol>
 *   <li>Reads place, version and inputs of the rows in a transaction of its own.
 *   <li>Computes, with no lock and no snapshot held.
 *   <li>Writes the values by place, for rows whose version is still the one that was read. Rows
 *       that were changed meanwhile are left for the next read of the same range.
 * </ol>
 */
final class ComputedFiller implements Filler {
  private final Target target;
  private final ColumnValue.Computed value;
  private final String inputs;
  private final String tag;
  private @Nullable BaseType type;
  private Set<String> triedBefore = Set.of();

  ComputedFiller(Target target, ColumnValue.Computed value) {
    this.target = target;
    this.value = value;
    this.tag = BatchTag.of(target.runName());
    this.inputs =
        value.inputs().stream()
            .map(c -> target.alias() + "." + Identifiers.quote(c))
            .collect(Collectors.joining(", "));
  }

  @Override
  public Write prepare(Connection connection, LeafSql sql, Rows rows) throws SQLException {
    if (type == null) {
      type = BaseType.of(connection, target);
    }
    String update = tag + sql.updateComputed(type);
    Batch read = read(connection, sql.select(inputs, rows), rows.parameters());
    connection.commit();
    return (tx, settings) -> write(tx, settings + ";" + update, read);
  }

  /** Rows that were read, column by column, as they are sent back. */
  private record Batch(List<String> places, List<String> versions, List<String> values) {
    Set<String> rows() {
      Set<String> rows = new HashSet<>();
      for (int i = 0; i < places.size(); i++) {
        rows.add(places.get(i) + versions.get(i));
      }
      return rows;
    }
  }

  private Batch read(Connection connection, String select, List<String> parameters)
      throws SQLException {
    Batch batch = new Batch(new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
    String settings =
        "select "
            + BatchLimits.reading(target)
            + ", set_config('enable_seqscan', 'off', true), set_config('enable_tidscan', 'on', true);";
    try (PreparedStatement statement = connection.prepareStatement(settings + select)) {
      Texts.bind(statement, 1, parameters);
      // All rows at once, whatever the driver's default: a cursor would end with its transaction.
      statement.setFetchSize(0);
      statement.execute();
      statement.getMoreResults();
      try (ResultSet rows = statement.getResultSet()) {
        // The function may take its time, and an open transaction would hold the table's lock.
        connection.commit();
        ResultRow row = new ResultRow(rows, value.inputs());
        while (rows.next()) {
          Object computed = compute(row);
          batch.places().add(rows.getString(1));
          batch.versions().add(rows.getString(2));
          batch.values().add(ValueText.of(computed));
        }
      }
    }
    return batch;
  }

  private Object compute(ResultRow row) throws SQLException {
    @Nullable Object computed;
    try {
      computed = value.function().apply(row);
    } catch (RuntimeException e) {
      throw new FunctionFailedException(e);
    }
    if (computed == null) {
      throw new YieldedNullException();
    }
    return computed;
  }

  private Filled write(Connection tx, String statements, Batch batch) throws SQLException {
    try (PreparedStatement statement = tx.prepareStatement(statements)) {
      statement.setArray(1, tx.createArrayOf("text", batch.places().toArray()));
      statement.setArray(2, tx.createArrayOf("text", batch.versions().toArray()));
      statement.setArray(3, tx.createArrayOf("text", batch.values().toArray()));
      statement.execute();
      Counters before = Texts.countersOfNextResult(statement);
      statement.getMoreResults();
      long rows = statement.getLargeUpdateCount();
      return new Filled(rows, before, rows == batch.places().size() || inVain(rows, batch));
    }
  }

  /**
   * Whether nobody changed the rows between two attempts, and still none was updated: a trigger
   * suppresses that, and will again. They are left for the proof at the end to report.
   */
  private boolean inVain(long updated, Batch batch) {
    Set<String> tried = batch.rows();
    boolean inVain = updated == 0 && triedBefore.containsAll(tried);
    triedBefore = tried;
    return inVain;
  }
}
