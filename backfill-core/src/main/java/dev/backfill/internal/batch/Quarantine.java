package dev.backfill.internal.batch;

import dev.backfill.event.BackfillEvent;
import dev.backfill.internal.checkpoint.QuarantineStore;
import dev.backfill.internal.checkpoint.QuarantineStore.Failure;
import dev.backfill.internal.postgres.Key;
import dev.backfill.internal.postgres.SqlStates;
import dev.backfill.internal.postgres.TableInfo.Leaf;
import dev.backfill.internal.postgres.Target;
import dev.backfill.internal.time.Ticker;
import dev.backfill.model.BadRowException;
import dev.backfill.model.BadRows;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * Puts rows aside that cannot take their value. One for all workers of a run, one row at a time, so
 * that no more are put aside than may be.
 */
public final class Quarantine {
  private static final String CHANGED_MEANWHILE = "40001";

  private final Target target;
  private final String run;
  private final QuarantineStore store;
  private final Consumer<BackfillEvent> events;
  private final Ticker ticker;
  private volatile boolean empty;

  public Quarantine(
      Target target,
      String run,
      QuarantineStore store,
      Consumer<BackfillEvent> events,
      Ticker ticker) {
    this.target = target;
    this.run = run;
    this.store = store;
    this.events = events;
    this.ticker = ticker;
  }

  /** Tells how many rows are in quarantine now. */
  public void holds(long rows) {
    empty = rows == 0;
  }

  QuarantineStore store() {
    return store;
  }

  /** Whether bad rows are put aside; otherwise they end the run. */
  boolean wanted() {
    return target.spec().options().badRows() instanceof BadRows.Quarantine;
  }

  /** Whether a failure is a row's, to be put aside. */
  boolean bad(SQLException e) {
    return wanted() && SqlStates.classify(e) == SqlStates.Kind.DATA;
  }

  /** What is kept and told of a failure. */
  Failure failure(SQLException e) {
    return FailureText.of(e, asked().values());
  }

  private BadRows.Quarantine asked() {
    return (BadRows.Quarantine) target.spec().options().badRows();
  }

  /** The statements of a leaf, without the rows that stand in quarantine. */
  LeafSql without(LeafSql sql, Leaf leaf) {
    return empty ? sql : sql.without(store.entriesOf(run, leaf.oid()));
  }

  /**
   * Puts the only row aside that a batch failed with, in one transaction with the checkpoint that
   * passes it.
   *
   * @throws SQLException as a contention when the batch would have another row, or none, by now
   * @throws BadRowException when there are as many as may be
   */
  synchronized Batch.Outcome put(
      Connection connection,
      Leaf leaf,
      LeafSql sql,
      Rows rows,
      SQLException why,
      Batch.Checkpoint checkpoint)
      throws SQLException {
    Failure failure = failure(why);
    List<BackfillEvent> told = new ArrayList<>();
    Filler writesDown =
        (unused, leafSql, of) ->
            (tx, settings) -> {
              Counters before = settings(tx, settings);
              List<String> key = only(tx, sql, rows, failure);
              store.put(tx, run, leaf.oid(), leaf.sql(), key, failure);
              long count = store.count(tx, run);
              if (count > asked().max()) {
                throw tooMany(leaf, key, failure, count - 1);
              }
              told.add(
                  new BackfillEvent.RowQuarantined(
                      run, leaf.sql(), key, failure.sqlState(), failure.message(), count));
              return new Filled(0, before, true);
            };
    empty = false;
    Batch.Outcome outcome =
        new Batch(target, writesDown, ticker).run(connection, leaf, sql, rows, 1, checkpoint);
    told.forEach(events);
    return outcome;
  }

  private static Counters settings(Connection tx, String settings) throws SQLException {
    try (PreparedStatement statement = tx.prepareStatement(settings)) {
      statement.execute();
      return Texts.countersOfNextResult(statement);
    }
  }

  private List<String> only(Connection tx, LeafSql sql, Rows rows, Failure failure)
      throws SQLException {
    List<List<String>> keys = keys(tx, sql, rows, 2);
    if (keys.size() != 1) {
      throw new SQLException(
          "a batch failed with SQLSTATE "
              + failure.sqlState()
              + " ("
              + failure.message()
              + "), and "
              + (keys.isEmpty() ? "no row" : "more than one row")
              + " without a value is there now: the application has changed rows meanwhile, or a"
              + " trigger rejects whole statements",
          CHANGED_MEANWHILE);
    }
    return keys.get(0);
  }

  /** The keys of the first rows without a value. */
  static List<List<String>> keys(Connection tx, LeafSql sql, Rows rows, int most)
      throws SQLException {
    List<List<String>> keys = new ArrayList<>();
    try (PreparedStatement statement = tx.prepareStatement(sql.keysWithoutValue(rows, most))) {
      Texts.bind(statement, 1, rows.parameters());
      try (ResultSet found = statement.executeQuery()) {
        while (found.next()) {
          keys.add(Texts.row(found));
        }
      }
    }
    return keys;
  }

  private BadRowException tooMany(Leaf leaf, List<String> key, Failure failure, long count) {
    return new BadRowException(
        "The row of "
            + leaf.sql()
            + " with key "
            + target.key().columnNames()
            + " = "
            + Key.shown(key)
            + " cannot be filled (SQLSTATE "
            + failure.sqlState()
            + ", "
            + failure.message()
            + "), and "
            + count
            + (count == 1 ? " row is" : " rows are")
            + " in quarantine already, as many as badRows(quarantine("
            + asked().max()
            + ")) allows. See them with Backfills.quarantined(\""
            + run
            + "\") or "
            + store.select(run)
            + ". Mend the rows or what rejects them, or allow more, then start the run again: it tries"
            + " those in quarantine again and goes on from here.");
  }
}
