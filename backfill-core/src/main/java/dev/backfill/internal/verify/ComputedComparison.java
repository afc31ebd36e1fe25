package dev.backfill.internal.verify;

import dev.backfill.internal.checkpoint.VerificationRow.Compared;
import dev.backfill.internal.postgres.RedactedMessage;
import dev.backfill.internal.postgres.ResultRow;
import dev.backfill.internal.postgres.ShortReads;
import dev.backfill.internal.postgres.Target;
import dev.backfill.internal.postgres.ValueText;
import dev.backfill.internal.time.Ticker;
import dev.backfill.model.ColumnValue;
import dev.backfill.model.DifferentRow;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Compares with what a Java function makes of the inputs.
 *
 * <ol>
 *   <li>Reads keys, values as text, and inputs in a transaction of its own: all of one snapshot, so
 *       that a row that is changed later is compared as it was.
 *   <li>Computes, with no snapshot held.
 *   <li>Has the server compare the pairs, which alone knows when two texts are one value.
 * </ol>
 */
final class ComputedComparison implements Comparison {
  // All of them are in memory at a time.
  private static final long MOST_BLOCKS = 64;

  private final Target target;
  private final StoredType type;
  private final ColumnValue.Computed value;
  private final Ticker ticker;

  ComputedComparison(Target target, StoredType type, ColumnValue.Computed value, Ticker ticker) {
    this.target = target;
    this.type = type;
    this.value = value;
    this.ticker = ticker;
  }

  /** Nobody cancels a function that takes its time for each row. */
  @Override
  public long firstBlocks() {
    return 1;
  }

  @Override
  public long mostBlocks() {
    return MOST_BLOCKS;
  }

  @Override
  public Optional<Chunk> prepare(ShortReads reads, Blocks blocks) throws SQLException {
    CompareSql sql = new CompareSql(target, type, blocks.leaf());
    Optional<PreparedStatement> read = reads.attempt(tx -> read(tx, sql, blocks));
    if (read.isEmpty()) {
      return Optional.empty();
    }
    try (PreparedStatement statement = read.get();
        ResultSet rows = statement.getResultSet()) {
      long start = ticker.nanos();
      Read pairs = pairs(rows);
      Duration computing = Duration.ofNanos(ticker.nanos() - start);
      return Optional.of(new Pairs(blocks.leaf().sql(), sql.differentPairs(), pairs, computing));
    }
  }

  /** The rows stay readable when their transaction has ended. */
  private PreparedStatement read(Connection tx, CompareSql sql, Blocks blocks) throws SQLException {
    ChunkSettings.apply(tx);
    PreparedStatement statement =
        Statements.prepare(tx, sql.inputs(value.inputs()), List.of(blocks.first(), blocks.end()));
    try {
      statement.execute();
      Leaves.requireSame(tx, blocks.leaf());
      return statement;
    } catch (SQLException | RuntimeException e) {
      statement.close();
      throw e;
    }
  }

  /**
   * A row that has a value.
   *
   * @param computed null where the function yielded null, or failed
   */
  private record Pair(
      List<String> key, String stored, @Nullable String computed, Optional<String> problem) {}

  /** The rows that were read. */
  private record Read(List<Pair> pairs, long rows, long unfilled) {}

  private Read pairs(ResultSet rows) throws SQLException {
    List<Pair> pairs = new ArrayList<>();
    long all = 0;
    long unfilled = 0;
    ResultRow row = new ResultRow(rows, value.inputs());
    while (rows.next()) {
      all++;
      @Nullable String stored = rows.getString(2);
      if (stored == null) {
        unfilled++;
      } else {
        pairs.add(pair(Statements.key(rows, 1), stored, row));
      }
    }
    return new Read(pairs, all, unfilled);
  }

  private Pair pair(List<String> key, String stored, ResultRow row) {
    try {
      @Nullable Object computed = value.function().apply(row);
      return new Pair(
          key, stored, computed == null ? null : ValueText.of(computed), Optional.empty());
    } catch (RuntimeException e) {
      return new Pair(key, stored, null, Optional.of(RedactedMessage.of(e)));
    }
  }

  /** Stored and computed values, which the server compares. */
  private record Pairs(String table, String sql, Read read, Duration computing) implements Chunk {
    @Override
    public Outcome compare(Connection tx, int keys) throws SQLException {
      List<Pair> different = different(tx, read.pairs());
      return new Outcome(
          new Compared(read.rows(), read.unfilled(), different.size()),
          different.stream().limit(keys).map(this::row).toList());
    }

    @Override
    public Outcome compareSingly(Connection tx, int keys) throws SQLException {
      Outcomes outcomes = new Outcomes(keys);
      outcomes.add(new Outcome(new Compared(read.unfilled(), read.unfilled(), 0), List.of()));
      for (Pair pair : read.pairs()) {
        outcomes.add(
            tx,
            table,
            pair.key(),
            () -> {
              List<Pair> different = different(tx, List.of(pair));
              return new Outcome(
                  new Compared(1, 0, different.size()), different.stream().map(this::row).toList());
            });
      }
      return outcomes.sum();
    }

    private DifferentRow row(Pair pair) {
      return new DifferentRow(table, pair.key(), pair.problem());
    }

    private List<Pair> different(Connection tx, List<Pair> pairs) throws SQLException {
      List<Pair> different = new ArrayList<>();
      try (PreparedStatement statement = tx.prepareStatement(sql)) {
        statement.setArray(1, array(tx, pairs.stream().map(Pair::stored)));
        statement.setArray(2, array(tx, pairs.stream().map(Pair::computed)));
        try (ResultSet numbers = statement.executeQuery()) {
          while (numbers.next()) {
            different.add(pairs.get(numbers.getInt(1) - 1));
          }
        }
      }
      return different;
    }

    private static Array array(Connection tx, Stream<@Nullable String> texts) throws SQLException {
      return tx.createArrayOf("text", texts.toArray());
    }
  }
}
